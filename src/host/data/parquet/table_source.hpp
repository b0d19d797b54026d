#pragma once

#include <filesystem>
#include <memory>

#include "arete/data/open.hpp"

namespace arete::parquet_module {

/// The rows of Parquet and Arrow files (find_table_files). The footers, labels and row numbers are
/// read here, the features when they are asked for, in batches: what is held of a file then is a
/// page of each column and a batch for every thread, whatever the size of its row groups.
[[nodiscard]] std::unique_ptr<RowSource> open_rows(const std::filesystem::path& path,
                                                   const OpenOptions& options);

}  // namespace arete::parquet_module
