#include "device/collective/nccl_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

namespace arete::device {

namespace {

/// The first version whose configuration knows all that is set here.
constexpr int least_version = 21800;

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

}  // namespace

NcclLibrary load_nccl() {
  NcclLibrary nccl;
  // Never closed: it leaves threads behind.
  void* const library = ::dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const reason = ::dlerror();
    nccl.missing = reason != nullptr ? reason : "libnccl.so.2 was not found";
    return nccl;
  }
  const bool complete = find(library, "ncclGetVersion", nccl.get_version) &&
                        find(library, "ncclGetUniqueId", nccl.get_unique_id) &&
                        find(library, "ncclCommInitRankConfig", nccl.init) &&
                        find(library, "ncclAllReduce", nccl.all_reduce) &&
                        find(library, "ncclCommGetAsyncError", nccl.async_error) &&
                        find(library, "ncclCommFinalize", nccl.finalize) &&
                        find(library, "ncclCommDestroy", nccl.destroy) &&
                        find(library, "ncclCommAbort", nccl.abort) &&
                        find(library, "ncclGetErrorString", nccl.error_string);
  int version = 0;
  if (!complete || nccl.get_version(&version) != ncclSuccess || version < least_version) {
    nccl.missing = fmt::format("libnccl.so.2 is of version {}, but {} or later is needed", version,
                               least_version);
  }
  return nccl;
}

}  // namespace arete::device
