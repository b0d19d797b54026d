// A library that is no module: it has no function arete_module.
extern "C" int arete_module_fixture_empty() { return 0; }
