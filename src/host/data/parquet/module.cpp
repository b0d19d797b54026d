#include "arete/core/module.hpp"
#include "arete/core/version.hpp"
#include "arrow_stream.hpp"
#include "table_source.hpp"

namespace {

const arete::ModuleTable table{arete::build_identifier(), nullptr, nullptr,
                               arete::parquet_module::open_rows,
                               arete::parquet_module::open_stream};

}  // namespace

extern "C" const arete::ModuleTable* arete_module() { return &table; }
