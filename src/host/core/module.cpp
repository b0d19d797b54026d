#include "arete/core/module.hpp"

#include <dlfcn.h>

#include <string>

#include "arete/core/error.hpp"
#include "arete/core/version.hpp"

namespace arete {

namespace {

namespace fs = std::filesystem;

using EntryPoint = const ModuleTable* (*)();

std::string upper_case(std::string_view name) {
  std::string result(name);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

/// The folder that the code which runs now was loaded from.
fs::path library_folder() {
  static const char inside = 0;
  Dl_info info{};
  if (::dladdr(&inside, &info) == 0 || info.dli_fname == nullptr) {
    fail(ErrorKind::unavailable, "the folder of libarete.so, where its modules lie, is not known");
  }
  return fs::absolute(info.dli_fname).parent_path();
}

std::string last_loader_error() {
  const char* text = ::dlerror();
  return text != nullptr ? text : "unknown reason";
}

}  // namespace

const ModuleTable& load_module(std::string_view name) {
  return load_module(name, library_folder());
}

const ModuleTable& load_module(std::string_view name, const fs::path& folder) {
  const fs::path file = folder / fmt::format("libarete_{}.so", name);
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    fail(ErrorKind::unavailable,
         "the {0} module is not installed: {1} was looked for; install the package arete-{0}, or "
         "build Arete with -DARETE_{2}=ON",
         name, file.string(), upper_case(name));
  }
  // Never closed: objects made by the module, and the CUDA, MPI and Arrow libraries that it brings,
  // leave code and threads behind that must stay mapped until the process ends.
  void* const handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    fail(ErrorKind::unavailable, "the {} module cannot be loaded: {}", name, last_loader_error());
  }
  const auto entry_point = reinterpret_cast<EntryPoint>(::dlsym(handle, "arete_module"));
  const ModuleTable* const table = entry_point != nullptr ? entry_point() : nullptr;
  const std::string_view found = table != nullptr && table->build_identifier != nullptr
                                     ? table->build_identifier
                                     : "none: it has no entry point arete_module";
  if (found != build_identifier()) {
    fail(ErrorKind::unavailable,
         "{}: is not of the build of Arete that loads it: its build identifier is {}, but {} is "
         "needed; build or install both together",
         file.string(), found, build_identifier());
  }
  return *table;
}

}  // namespace arete
