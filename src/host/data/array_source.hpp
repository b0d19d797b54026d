#pragma once

#include <filesystem>
#include <memory>

#include "arete/data/open.hpp"
#include "arete/data/row_source.hpp"

namespace arete {

/// Opens an IDX or NPY file, gzipped or not, as a data set: its first dimension counts the rows,
/// which are flattened in C order. Labels come from options.labels, or else from the file of the
/// customary name if there is one. Rows of a plain file are read as they are asked for; those of a
/// gzip file lie in memory, where blocks point at them without a copy (except float16 and Fortran
/// order). Throws Error (input) naming the file and the place, (resource) for a gzip file that
/// inflates to more than options.memory.
[[nodiscard]] std::unique_ptr<RowSource> open_array(const std::filesystem::path& path,
                                                    const OpenOptions& options);

}  // namespace arete
