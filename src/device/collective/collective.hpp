#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "arete/comm/communicator.hpp"

namespace arete::device {

/// Sums arrays in device memory over the ranks of a job, without the host.
class Collective {
 public:
  Collective() = default;
  Collective(const Collective&) = delete;
  Collective& operator=(const Collective&) = delete;
  virtual ~Collective() = default;

  /// Element-wise, the same bits on every rank; exact for integers. Waits for the result, within
  /// a time limit. Throws Error (resource) when it fails or a rank does not come.
  virtual void all_reduce_sum(double* values, std::size_t count) = 0;
};

/// Makes a job's collective; called by all ranks alike. Null where there is none (not built, or two
/// ranks on one GPU): on every rank, or on none. The sums then go through the host.
using CollectiveFactory = std::function<std::unique_ptr<Collective>(Communicator&)>;

}  // namespace arete::device
