#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>

#include "arete/backend/backend.hpp"
#include "reference/data_set.hpp"

/// Sessions of any backend for small data, and how they are given its rows.
namespace arete::reference {

inline SessionOptions options_for(const DataSet& data, const PartRule& rule = {}) {
  SessionOptions options;
  options.rule = rule;
  options.features = data.features;
  options.type = data.type;
  options.classes = data.classes;
  options.threads = 2;
  return options;
}

inline void for_each_block(const DataSet& data, std::size_t block_rows,
                           const std::function<void(const RowBlock&)>& visit) {
  const auto source = open(data);
  RowBlock block;
  for (std::size_t first = 0; first < data.rows.size(); first += block_rows) {
    source->read({first, std::min(data.rows.size(), first + block_rows)}, block);
    visit(block);
  }
}

inline void add_rows(Session& session, const DataSet& data, std::size_t block_rows = 8192) {
  for_each_block(data, block_rows, [&](const RowBlock& block) { session.add(block, "memory"); });
}

}  // namespace arete::reference
