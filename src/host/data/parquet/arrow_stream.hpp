#pragma once

#include <memory>

#include "arete/data/open.hpp"

namespace arete::parquet_module {

/// Standard input as Arrow's IPC stream of record batches. Columns are chosen as in tables; the
/// labels are dictionary-encoded, and their dictionary, the same in every batch, lists all classes.
[[nodiscard]] std::unique_ptr<RowStream> open_stream(const OpenOptions& options);

}  // namespace arete::parquet_module
