#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "arete/comm/communicator.hpp"

namespace arete::mpi {

class Session;

/// What tests make smaller.
struct Limits {
  /// Of a message: MPI counts its elements in an int.
  std::size_t piece_bytes = std::size_t{1} << 30U;
  /// How long a rank that failed waits for the others to hear of it.
  std::chrono::milliseconds agreement = std::chrono::seconds(20);
};

/// A communicator of all processes of the job; made by all of them together. Throws Error
/// (resource) when MPI fails.
[[nodiscard]] std::unique_ptr<Communicator> mpi_communicator(std::shared_ptr<const Session> session,
                                                             const Limits& limits = {});

}  // namespace arete::mpi
