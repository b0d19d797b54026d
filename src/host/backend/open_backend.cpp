#include <charconv>

#include "arete/backend/backend.hpp"
#include "arete/core/error.hpp"
#include "arete/core/module.hpp"

namespace arete {

namespace {

std::unique_ptr<Backend> open_cuda(int device) {
  const ModuleTable& table = load_module("cuda");
  if (table.open_backend == nullptr) {
    fail(ErrorKind::internal, "the cuda module offers no device");
  }
  return table.open_backend(device);
}

}  // namespace

std::unique_ptr<Backend> open_backend(std::string_view device) {
  if (device == "cpu") return cpu_backend();
  if (device == "cuda") return open_cuda(0);
  if (device == "auto") {
    try {
      return open_cuda(0);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;
      return cpu_backend();
    }
  }
  constexpr std::string_view prefix = "cuda:";
  int index = 0;
  if (device.starts_with(prefix)) {
    const char* end = device.data() + device.size();
    const auto [stop, error] = std::from_chars(device.data() + prefix.size(), end, index);
    if (error == std::errc() && stop == end && index >= 0) return open_cuda(index);
  }
  fail(ErrorKind::usage, "--device {}: give auto, cpu, cuda or cuda:0, cuda:1, ...", device);
}

}  // namespace arete
