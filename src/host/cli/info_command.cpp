#include <fmt/format.h>

#include <memory>
#include <string>

#include "arete/backend/backend.hpp"
#include "arete/cli/console.hpp"
#include "arete/cli/options.hpp"
#include "arete/cli/results.hpp"
#include "arete/core/blas.hpp"
#include "arete/core/memory.hpp"
#include "arete/core/module.hpp"
#include "arete/core/threads.hpp"
#include "arete/core/version.hpp"
#include "arete/moments/int8_instructions.hpp"

namespace arete::cli {

namespace {

constexpr int most_gpus = 64;

Json modules_json() {
  Json modules = Json::array();
  for (const char* const name : {"cuda", "mpi", "parquet"}) {
    Json reason = nullptr;
    try {
      static_cast<void>(load_module(name));
    } catch (const Error& error) {
      reason = error.what();
    }
    modules.push_back({{"name", name}, {"present", reason.is_null()}, {"reason", reason}});
  }
  return modules;
}

Json kernels_json() {
  Json kernels = Json::array();
  if (amx_instructions() != nullptr) kernels.push_back("amx");
  if (vnni_instructions() != nullptr) kernels.push_back("vnni");
  if (avx2_instructions() != nullptr) kernels.push_back("avx2");
  kernels.push_back("float64");
  return kernels;
}

/// What --device accepts, what GPUs there are, and why there is none.
void add_devices(Json& json) {
  json["devices"] = Json::array({"cpu"});
  json["gpus"] = Json::array();
  json["no_gpu"] = nullptr;
  for (int i = 0; i < most_gpus; ++i) {
    try {
      const auto gpu = open_backend(fmt::format("cuda:{}", i));
      json["devices"].push_back(gpu->name());
      json["gpus"].push_back({{"device", gpu->name()}, {"description", gpu->description()}});
    } catch (const Error& error) {
      if (i == 0) json["no_gpu"] = error.what();
      break;
    }
  }
}

Json info_json() {
  Json json = result_of("info");
  json["version"] = version();
  json["build"] = build_identifier();
  json["blas"] = blas_kernels();
  json["kernels"] = kernels_json();
  json["threads"] = available_threads();
  json["memory_bytes"] = available_memory();
  add_devices(json);
  json["modules"] = modules_json();
  return json;
}

}  // namespace

Command info_command(CLI::App& parser) {
  auto* const info =
      parser.add_subcommand("info", "what is built in, and what this machine offers");
  const auto json = std::make_shared<bool>(false);
  add_json_flag(*info, *json);
  info->footer("Example:\n  arete info");
  return {info,
          [json](Communicator&) {
            const Json result = info_json();
            write_output(wants_json(*json) ? to_line(result) : result_text(result));
          },
          false};
}

}  // namespace arete::cli
