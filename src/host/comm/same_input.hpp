#pragma once

#include <string>

#include "arete/comm/communicator.hpp"
#include "arete/data/row_source.hpp"

// Ranks work on one job only if they see the same: each opens the files for itself.
namespace arete {

/// Throws Error (input) on a rank whose `found` differs from that of rank 0; `name` is of the file.
/// Called by all ranks.
void check_same(const std::string& name, const std::string& found, Communicator& communicator);

/// The same of data: their rows, type, columns, classes, and the labels of all rows where they are
/// known.
void check_same_data(const SourceInfo& source, RowRange rows, Communicator& communicator);

/// The warning for ranks whose BLAS runs other kernels than rank 0's, so that the last bits of
/// solutions depend on which rank computed them; empty where all are the same.
[[nodiscard]] std::string different_kernels(Communicator& communicator);

}  // namespace arete
