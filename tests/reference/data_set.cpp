#include "reference/data_set.hpp"

#include <algorithm>
#include <cstring>

namespace arete::reference {

namespace {

std::size_t put(ElementType type, double value, std::byte* into) {
  const auto store = [&](auto element) {
    std::memcpy(into, &element, sizeof element);
    return sizeof element;
  };
  switch (type) {
    case ElementType::uint8:
      return store(static_cast<std::uint8_t>(value));
    case ElementType::int8:
      return store(static_cast<std::int8_t>(value));
    case ElementType::int16:
      return store(static_cast<std::int16_t>(value));
    case ElementType::float32:
      return store(static_cast<float>(value));
    case ElementType::float64:
      return store(value);
  }
  return 0;
}

class MemorySource final : public RowSource {
 public:
  MemorySource(const DataSet& data, bool resident) : labels_(data.labels), resident_(resident) {
    info_.name = "memory";
    info_.rows = data.rows.size();
    info_.features = data.features;
    info_.type = data.type;
    info_.shape = {data.features};
    info_.column_names = data.column_names;
    info_.classes = data.classes;
    bytes_.resize(data.rows.size() * data.features * element_size(data.type));
    std::byte* into = bytes_.data();
    for (const auto& row : data.rows) {
      for (const double value : row) into += put(data.type, value, into);
    }
  }

  [[nodiscard]] const SourceInfo& info() const noexcept override { return info_; }

  void read(RowRange range, RowBlock& into) const override {
    const std::size_t row_bytes = info_.features * element_size(info_.type);
    const std::byte* first = bytes_.data() + range.first * row_bytes;
    if (resident_) {
      into.point_into(bytes_.data(), info_, range);
    } else {
      std::copy_n(first, range.size() * row_bytes, into.prepare(info_, range));
    }
    into.labels.clear();
    if (!labels_.empty()) {
      into.labels.assign(labels_.begin() + static_cast<std::ptrdiff_t>(range.first),
                         labels_.begin() + static_cast<std::ptrdiff_t>(range.last));
    }
  }

 private:
  SourceInfo info_;
  std::vector<std::byte> bytes_;
  std::vector<std::int32_t> labels_;
  bool resident_;
};

double draw(ElementType type, double centre, std::mt19937_64& random) {
  const auto uniform = [&](int low, int high) {
    return static_cast<double>(std::uniform_int_distribution<int>(low, high)(random));
  };
  switch (type) {
    case ElementType::uint8:
      return std::clamp(centre * 60 + uniform(-100, 255), 0.0, 255.0);
    case ElementType::int8:
      return std::clamp(centre * 40 + uniform(-128, 127), -128.0, 127.0);
    case ElementType::int16:
      return uniform(-1024, 1023) + std::trunc(centre * 100);
    case ElementType::float32:
      return static_cast<float>(centre + std::normal_distribution<float>()(random));
    case ElementType::float64:
      return centre + std::normal_distribution<double>()(random);
  }
  return 0;
}

}  // namespace

DataSet DataSet::slice(std::size_t first, std::size_t last) const {
  DataSet part{type, features, classes, {}, {}, column_names};
  part.rows.assign(rows.begin() + static_cast<std::ptrdiff_t>(first),
                   rows.begin() + static_cast<std::ptrdiff_t>(last));
  part.labels.assign(labels.begin() + static_cast<std::ptrdiff_t>(first),
                     labels.begin() + static_cast<std::ptrdiff_t>(last));
  return part;
}

DataSet random_data(ElementType type, std::size_t rows, std::size_t features, std::size_t classes,
                    std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::vector<double>> centres(classes, std::vector<double>(features));
  for (auto& centre : centres) {
    for (double& value : centre) value = std::uniform_real_distribution<double>(-1, 1)(random);
  }
  DataSet data{type, features, {}, {}, {}};
  for (std::size_t k = 0; k < classes; ++k) data.classes.push_back(std::to_string(k));
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t k = std::uniform_int_distribution<std::size_t>(0, classes - 1)(random);
    std::vector<double> row(features);
    for (std::size_t j = 0; j < features; ++j) {
      row[j] = draw(type, centres[k][j], random);
      if (is_integer(type)) row[j] = std::trunc(row[j]);
    }
    data.rows.push_back(std::move(row));
    data.labels.push_back(static_cast<std::int32_t>(k));
  }
  return data;
}

DataSet as_type(DataSet data, ElementType type) {
  data.type = type;
  return data;
}

std::unique_ptr<RowSource> open(const DataSet& data, bool resident) {
  return std::make_unique<MemorySource>(data, resident);
}

}  // namespace arete::reference
