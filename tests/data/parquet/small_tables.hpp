#pragma once

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <parquet/arrow/writer.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/// Small tables in every layout that is read, and their files.
namespace arete::small_tables {

using Array = std::shared_ptr<arrow::Array>;
using Columns = std::vector<std::pair<std::string, Array>>;

inline void require(const arrow::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

template <typename Value>
Value require(arrow::Result<Value> result) {
  require(result.status());
  return std::move(result).MoveValueUnsafe();
}

/// Rows of pixels, whatever they are stored as.
struct Pixels {
  std::size_t features = 6;
  std::vector<std::uint8_t> values;

  [[nodiscard]] std::size_t rows() const { return values.size() / features; }
};

inline Pixels some_pixels(std::size_t rows, std::size_t features = 6) {
  Pixels pixels{features, {}};
  for (std::size_t i = 0; i < rows * features; ++i) {
    pixels.values.push_back(static_cast<std::uint8_t>((i * 2654435761U >> 7U) % 256));
  }
  return pixels;
}

template <typename Builder, typename Value>
Array array_of(const std::vector<Value>& values) {
  Builder builder;
  for (const Value& value : values) require(builder.Append(value));
  return require(builder.Finish());
}

template <typename ArrowType, typename Value>
Array numbers(const std::vector<Value>& values) {
  typename arrow::TypeTraits<ArrowType>::BuilderType builder;
  for (const Value& value : values) {
    require(builder.Append(static_cast<typename ArrowType::c_type>(value)));
  }
  return require(builder.Finish());
}

/// Pixel j of each row.
inline std::vector<std::uint8_t> column_of(const Pixels& pixels, std::size_t j) {
  std::vector<std::uint8_t> values;
  for (std::size_t row = 0; row < pixels.rows(); ++row) {
    values.push_back(pixels.values[row * pixels.features + j]);
  }
  return values;
}

/// A column "p4" for each entry 4 of `order`: the pixels of that number.
inline Columns pixel_columns(const Pixels& pixels, const std::vector<std::size_t>& order) {
  Columns columns;
  for (const std::size_t j : order) {
    columns.emplace_back("p" + std::to_string(j), numbers<arrow::UInt8Type>(column_of(pixels, j)));
  }
  return columns;
}

template <typename Builder = arrow::BinaryBuilder>
Array binary(const Pixels& pixels) {
  Builder builder;
  for (std::size_t row = 0; row < pixels.rows(); ++row) {
    const auto* const first = pixels.values.data() + row * pixels.features;
    require(builder.Append(first, static_cast<std::int32_t>(pixels.features)));
  }
  return require(builder.Finish());
}

inline Array fixed_binary(const Pixels& pixels) {
  arrow::FixedSizeBinaryBuilder builder(
      arrow::fixed_size_binary(static_cast<std::int32_t>(pixels.features)));
  for (std::size_t row = 0; row < pixels.rows(); ++row) {
    require(builder.Append(pixels.values.data() + row * pixels.features));
  }
  return require(builder.Finish());
}

/// Lists of equal length.
inline Array lists(const Array& values, std::size_t features) {
  std::vector<std::int32_t> offsets;
  for (std::int64_t at = 0; at <= values->length(); at += static_cast<std::int64_t>(features)) {
    offsets.push_back(static_cast<std::int32_t>(at));
  }
  return require(arrow::ListArray::FromArrays(*numbers<arrow::Int32Type>(offsets), *values));
}

inline Array large_lists(const Array& values, std::size_t features) {
  std::vector<std::int64_t> offsets;
  for (std::int64_t at = 0; at <= values->length(); at += static_cast<std::int64_t>(features)) {
    offsets.push_back(at);
  }
  return require(arrow::LargeListArray::FromArrays(*numbers<arrow::Int64Type>(offsets), *values));
}

inline Array fixed_lists(const Array& values, std::size_t features) {
  return require(
      arrow::FixedSizeListArray::FromArrays(values, static_cast<std::int32_t>(features)));
}

inline std::shared_ptr<arrow::DataType> vector_type() {
  return arrow::struct_({arrow::field("type", arrow::int8()), arrow::field("size", arrow::int32()),
                         arrow::field("indices", arrow::list(arrow::int32())),
                         arrow::field("values", arrow::list(arrow::float64()))});
}

/// Vectors as Spark ML stores them; `is_dense` says which rows are.
template <typename IsDense>
Array vectors(const Pixels& pixels, IsDense is_dense) {
  const auto builder_of = require(arrow::MakeBuilder(vector_type()));
  auto& builder = static_cast<arrow::StructBuilder&>(*builder_of);
  auto& types = static_cast<arrow::Int8Builder&>(*builder.field_builder(0));
  auto& sizes = static_cast<arrow::Int32Builder&>(*builder.field_builder(1));
  auto& indices = static_cast<arrow::ListBuilder&>(*builder.field_builder(2));
  auto& lists = static_cast<arrow::ListBuilder&>(*builder.field_builder(3));
  auto& values = static_cast<arrow::DoubleBuilder&>(*lists.value_builder());
  for (std::size_t row = 0; row < pixels.rows(); ++row) {
    const bool dense = is_dense(row);
    require(builder.Append());
    require(types.Append(dense ? 1 : 0));
    require(lists.Append());
    if (dense) {
      require(sizes.AppendNull());
      require(indices.AppendNull());
    } else {
      require(sizes.Append(static_cast<std::int32_t>(pixels.features)));
      require(indices.Append());
    }
    for (std::size_t j = 0; j < pixels.features; ++j) {
      const std::uint8_t value = pixels.values[row * pixels.features + j];
      if (!dense && value == 0) continue;
      require(values.Append(value));
      if (dense) continue;
      auto& places = static_cast<arrow::Int32Builder&>(*indices.value_builder());
      require(places.Append(static_cast<std::int32_t>(j)));
    }
  }
  return require(builder_of->Finish());
}

inline std::shared_ptr<arrow::Table> table(const Columns& columns) {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<Array> arrays;
  for (const auto& [name, array] : columns) {
    fields.push_back(arrow::field(name, array->type()));
    arrays.push_back(array);
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

struct ParquetOptions {
  std::int64_t group_rows = 1 << 20;
  arrow::Compression::type codec = arrow::Compression::SNAPPY;
  bool arrow_schema = true;  ///< otherwise as other programs write it
};

inline std::filesystem::path write_parquet(const std::filesystem::path& path,
                                           const arrow::Table& table,
                                           const ParquetOptions& options = {}) {
  const auto file = require(arrow::io::FileOutputStream::Open(path.string()));
  const auto properties = parquet::WriterProperties::Builder().compression(options.codec)->build();
  parquet::ArrowWriterProperties::Builder arrow_properties;
  if (options.arrow_schema) arrow_properties.store_schema();
  require(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), file, options.group_rows,
                                     properties, arrow_properties.build()));
  return path;
}

inline std::filesystem::path write_parquet(const std::filesystem::path& path,
                                           const Columns& columns,
                                           const ParquetOptions& options = {}) {
  return write_parquet(path, *table(columns), options);
}

enum class Ipc : std::uint8_t { file, stream, old_stream };  // as before version 0.15

inline std::filesystem::path write_arrow(const std::filesystem::path& path, const Columns& columns,
                                         std::int64_t batch_rows, Ipc ipc = Ipc::file) {
  const auto all = table(columns);
  const auto file = require(arrow::io::FileOutputStream::Open(path.string()));
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.write_legacy_ipc_format = ipc == Ipc::old_stream;
  const auto writer =
      require(ipc == Ipc::file ? arrow::ipc::MakeFileWriter(file, all->schema(), options)
                               : arrow::ipc::MakeStreamWriter(file, all->schema(), options));
  require(writer->WriteTable(*all, batch_rows));
  require(writer->Close());
  require(file->Close());
  return path;
}

}  // namespace arete::small_tables
