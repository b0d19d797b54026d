#include "arete/core/module.hpp"
#include "arete/core/version.hpp"

namespace {

const arete::ModuleTable table{arete::build_identifier(), nullptr, nullptr, nullptr, nullptr};

}  // namespace

extern "C" const arete::ModuleTable* arete_module() { return &table; }
