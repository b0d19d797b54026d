#pragma once

#include "arete/comm/communicator.hpp"

namespace arete {

/// The processors of this rank's host, as far as the ranks there may use them.
struct HostProcessors {
  int own = 1;     ///< this rank may run on so many
  int shared = 1;  ///< all ranks of the host together
  int ranks = 1;   ///< on the host

  /// Threads for each rank so that no processor gets two.
  [[nodiscard]] int fair_threads() const noexcept;
};

/// Asks every rank where it may run. A launcher may bind ranks to processors of their own, or let
/// all use the same ones.
[[nodiscard]] HostProcessors host_processors(Communicator& communicator);

}  // namespace arete
