#pragma once

#include <arrow/record_batch.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "arete/data/open.hpp"
#include "arete/data/row_source.hpp"
#include "table_columns.hpp"

namespace arete::parquet_module {

/// How the features of a row are stored, and what they become.
struct FeatureLayout {
  enum class Kind : std::uint8_t {
    bytes,    ///< binary: a byte each
    images,   ///< binary, or a struct with a binary `bytes`: a JPEG or PNG file
    list,     ///< of numbers, of fixed size or not
    vector,   ///< Spark ML's: struct<type, size, indices, values>
    columns,  ///< one number from each of many columns
  };
  Kind kind = Kind::bytes;
  ElementType type = ElementType::uint8;
  std::size_t features = 0;
  std::vector<std::size_t> shape;
  bool unsigned_bytes = false;  ///< 8-bit integers that are stored as signed are not
  Preprocessing preprocessing;  ///< of images
};

/// The layout of the columns `features` of `batch`, whose first row says how many there are.
/// Throws Error (input) that begins with `place` for types that are not read and a first row that
/// is null or empty; (usage) for options that do not apply.
[[nodiscard]] FeatureLayout layout_of(const TableColumns& columns, const arrow::RecordBatch& batch,
                                      const OpenOptions& options, const std::string& place);

/// An array of an extension type as what it is stored as; any other as it is.
[[nodiscard]] std::shared_ptr<arrow::Array> storage_of(std::shared_ptr<arrow::Array> array);

/// One value of an array of any binary type.
[[nodiscard]] std::string_view bytes_at(const arrow::Array& array, std::int64_t row);

/// The binary column of images: the array itself, or its child `bytes`.
[[nodiscard]] std::shared_ptr<arrow::Array> image_bytes_of(const arrow::Array& array);

}  // namespace arete::parquet_module
