#pragma once

#include <arrow/record_batch.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "feature_layout.hpp"

namespace arete::parquet_module {

/// Where the rows of a batch come from, for messages.
struct BatchPlace {
  std::string chunk;            ///< "file: row group 3"
  std::uint64_t first_row = 0;  ///< in that chunk

  /// "file: row group 3, row 17, column 'features'".
  [[nodiscard]] std::string of(std::uint64_t row, const std::string& column) const;
};

/// Writes the features of all rows of `batch`, row-major, to `into`; images are decoded on
/// `threads` threads. Throws Error (input) naming the place of a null, a row with another number of
/// features, a value that its type cannot hold exactly, and an image that cannot be decoded or is
/// of another size.
void write_features(const arrow::RecordBatch& batch, const TableColumns& columns,
                    const FeatureLayout& layout, const BatchPlace& place, int threads,
                    std::byte* into);

}  // namespace arete::parquet_module
