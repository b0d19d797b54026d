#pragma once

#include <memory>

#include "arete/comm/communicator.hpp"

namespace arete::cli {

/// Whether a launcher started this process: as one of several, or by mpirun as the only one.
[[nodiscard]] bool is_launched();

/// The communicator of this job: of one process, or over MPI where a launcher started several.
/// Throws Error (unavailable) when there are several but the MPI module is not there: each of them
/// would otherwise do the whole job and overwrite the others' files.
[[nodiscard]] std::unique_ptr<Communicator> open_communicator();

}  // namespace arete::cli
