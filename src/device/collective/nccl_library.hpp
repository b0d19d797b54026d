#pragma once

#include <nccl.h>

#include <string>

namespace arete::device {

/// NCCL's functions, from the library that is loaded when several ranks meet: one GPU needs none.
struct NcclLibrary {
  decltype(&ncclGetVersion) get_version = nullptr;
  decltype(&ncclGetUniqueId) get_unique_id = nullptr;
  decltype(&ncclCommInitRankConfig) init = nullptr;
  decltype(&ncclAllReduce) all_reduce = nullptr;
  decltype(&ncclCommGetAsyncError) async_error = nullptr;
  decltype(&ncclCommFinalize) finalize = nullptr;
  decltype(&ncclCommDestroy) destroy = nullptr;
  decltype(&ncclCommAbort) abort = nullptr;
  decltype(&ncclGetErrorString) error_string = nullptr;
  std::string missing;  ///< why it cannot be used; empty when it can
};

/// Loads libnccl.so.2.
[[nodiscard]] NcclLibrary load_nccl();

}  // namespace arete::device
