#include <dlfcn.h>

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

/// The number of device that a module is asked for when it is to share out its own: -1 for the
/// first process of the machine, -2 for the second, ...
int any_device(int local_rank) { return -1 - local_rank; }

/// Whether the library is there that every NVIDIA driver brings. To look for it costs nothing; to
/// load the module and CUDA's libraries costs a tenth of a second and 264 MB, for every command on
/// a machine that has no GPU.
bool has_nvidia_driver() {
  void* const driver = ::dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (driver == nullptr) return false;
  ::dlclose(driver);
  return true;
}

ChosenBackend choose_automatically(int local_rank) {
  if (!has_nvidia_driver()) return {cpu_backend(), "there is no NVIDIA driver on this machine"};
  try {
    auto gpu = open_cuda(any_device(local_rank));
    std::string reason = "there is a GPU: " + gpu->description();
    return {std::move(gpu), std::move(reason)};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unavailable) throw;
    return {cpu_backend(), error.what()};
  }
}

}  // namespace

ChosenBackend choose_backend(std::string_view device, int local_rank) {
  if (device == "cpu") return {cpu_backend(), {}};
  if (device == "cuda") return {open_cuda(any_device(local_rank)), {}};
  if (device == "auto") return choose_automatically(local_rank);
  constexpr std::string_view prefix = "cuda:";
  int index = 0;
  if (device.starts_with(prefix)) {
    const char* end = device.data() + device.size();
    const auto [stop, error] = std::from_chars(device.data() + prefix.size(), end, index);
    if (error == std::errc() && stop == end && index >= 0) return {open_cuda(index), {}};
  }
  fail(ErrorKind::usage, "--device {}: give auto, cpu, cuda or cuda:0, cuda:1, ...", device);
}

std::unique_ptr<Backend> open_backend(std::string_view device) {
  return choose_backend(device).backend;
}

}  // namespace arete
