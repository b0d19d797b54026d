#pragma once

#include "arete/comm/communicator.hpp"
#include "arete/core/listener.hpp"
#include "arete/data/row_source.hpp"

namespace arete {

/// Throws Error (input) on a rank that sees other data than rank 0: another number of rows, another
/// type, other classes.
void check_same_data(const SourceInfo& source, RowRange rows, Communicator& communicator);

/// The warning for ranks whose BLAS runs other kernels than rank 0's, so that the last bits of
/// solutions depend on which rank computed them; empty where all are the same.
[[nodiscard]] std::string different_kernels(Communicator& communicator);

}  // namespace arete
