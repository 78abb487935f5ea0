// SPDX-License-Identifier: Apache-2.0
#include "tests/builder/layer_cases.hpp"

namespace aic::testing {

void PrintTo(const LayerCase& layer_case, std::ostream* out) {
    *out << layer_case.name;
}

// clang-format off
const std::vector<LayerCase>& layer_cases() {
    static const std::string long_name(255, 'n');
    static const std::vector<LayerCase> cases = {
        {"1 whiteout before the new file", "a=old | wh a, a=new", R"(file a "new")"},
        {"1 whiteout after the new file", "a=old | a=new, wh a", R"(file a "new")"},
        {"1 whiteout of a file that only its own layer has", "b=b | a=a, wh a", R"(file a "a"; file b "b")"},
        {"1 whiteout of a file", "a=a, b=b | wh a", R"(file b "b")"},
        {"1 whiteout of a directory", "d/x/y=1, d/z=2, e=3 | wh d", R"(file e "3")"},
        {"1 whiteout of a symlink leaves its target", "t=1, l->t | wh l", R"(file t "1")"},
        {"1 whiteout and back in a third layer", "a=1 | wh a | a=3", R"(file a "3")"},

        {"2 opaque directory with entry", "d/x=1 | d/, d/z=2, opq d", R"(dir d 0755; file d/z "2")"},
        {"2 opaque marker first", "d/x=1 | opq d, d/z=2", R"(dir d 0755; file d/z "2")"},
        {"2 opaque directory without entry", "d/@0700, d/x=1 | opq d, d/z=2", R"(dir d 0700; file d/z "2")"},
        {"2 opaque hides deep children", "d/s/old=1 | d/s/new=2, opq d", R"(dir d 0755; dir d/s 0755; file d/s/new "2")"},
        {"2 opaque at the root", "a=1, d/x=2 | b=3, opq .", R"(file b "3")"},
        {"2 opaque of nothing", "a=1 | opq d", R"(file a "1")"},
        {"2 opaque of a file", "a=1 | opq a", R"(file a "1")"},
        {"2 opaque in the lowest layer", "d/x=1, opq d", R"(dir d 0755; file d/x "1")"},
        {"2 opaque leaves its own entries of earlier position", "d/x=1 | d/x=2, opq d", R"(dir d 0755; file d/x "2")"},

        {"3 whiteout of something absent", "a=1 | wh b", R"(file a "1")"},
        {"3 whiteout in a directory that is absent", "a=1 | wh d/e/f", R"(file a "1")"},
        {"3 whiteout below a file", "a=1 | wh a/b", R"(file a "1")"},

        {"4 prefix in a middle component", "x=1 | .wh.etc/some=2", R"(dir .wh.etc 0755; file .wh.etc/some "2"; file x "1")"},
        {"4 whiteout typed as directory", "a=1, b=2 | wh-dir a", R"(file b "2")"},
        {"4 whiteout typed as symlink", "a=1, b=2 | wh-link a", R"(file b "2")"},
        {"4 whiteout of nothing", "a=1 | .wh.=x", "", "names nothing that can be removed"},
        {"4 whiteout of dot", "a=1 | .wh..=x", "", "names nothing that can be removed"},
        {"4 whiteout of dot dot", "a=1 | d/.wh...=x", "", "names nothing that can be removed"},
        {"4 AUFS leftovers", "a=1 | .wh..wh.plnk/1=x, .wh..wh.aufs=y, .wh..wh.orph/2=z, b=2", R"(file a "1"; file b "2")"},
        {"4 device 0 0 removes nothing", "a=1, b=2 | null a", R"(file a "1"; file b "2")"},

        {"5 whiteout through a symlinked parent", "lib->usr/lib, usr/lib/foo=1, usr/lib/bar=2 | wh lib/foo",
         R"(link lib -> usr/lib; dir usr 0755; dir usr/lib 0755; file usr/lib/bar "2")"},
        {"5 opaque through a symlink", "lib->/usr/lib, usr/lib/foo=1 | opq lib", "link lib -> /usr/lib; dir usr 0755; dir usr/lib 0755"},
        {"5 whiteout through a link that dangles", "lib->nowhere | wh lib/foo", "link lib -> nowhere"},

        {"6 whiteout before the new directory", "d/old=1 | wh d, d/, d/new=2", R"(dir d 0755; file d/new "2")"},
        {"6 whiteout after the new directory", "d/old=1 | d/, d/new=2, wh d", R"(dir d 0755; file d/new "2")"},
        {"6 whiteout of a directory that only paths make again", "d/@0700, d/old=1 | wh d, d/new=2", R"(dir d 0755; file d/new "2")"},
        {"6 whiteout of a child beside a new one", "d/a=1, d/b=2 | wh d/a, d/c=3", R"(dir d 0755; file d/b "2"; file d/c "3")"},

        {"7 directory over directory merges", "d/@0700, d/a=1 | d/@0750, d/b=2", R"(dir d 0750; file d/a "1"; file d/b "2")"},
        {"7 no entry keeps the metadata", "d/@0700, d/a=1 | d/b=2", R"(dir d 0700; file d/a "1"; file d/b "2")"},
        {"7 file to directory", "a=1 | a/, a/b=2", R"(dir a 0755; file a/b "2")"},
        {"7 directory to file", "a/b=1 | a=2", R"(file a "2")"},
        {"7 directory to symlink", "d/x=1, t/y=2 | d->t", R"(link d -> t; dir t 0755; file t/y "2")"},
        {"7 symlink to directory", "d->t, t/y=2 | d/, d/x=1", R"(dir d 0755; file d/x "1"; dir t 0755; file t/y "2")"},
        {"7 file over a symlink", "l->t, t=1 | l=2", R"(file l "2"; file t "1")"},
        {"7 symlink over a file", "t=1, l=2 | l->t", R"(link l -> t; file t "1")"},
        {"7 fifo over a file", "p=1 | fifo p", "fifo p"},
        {"7 file over a file with another mode", "a=1 | a=2@4755", R"(file a 4755 "2")"},

        {"8 parent is a symlink", "lib->usr/lib, usr/lib/ | lib/foo=1",
         R"(link lib -> usr/lib; dir usr 0755; dir usr/lib 0755; file usr/lib/foo "1")"},
        {"8 parent is an absolute symlink", "lib->/usr/lib, usr/lib/ | lib/foo=1",
         R"(link lib -> /usr/lib; dir usr 0755; dir usr/lib 0755; file usr/lib/foo "1")"},
        {"8 link that climbs above the root", "l->../../../../d, d/ | l/x=1", R"(dir d 0755; file d/x "1"; link l -> ../../../../d)"},
        {"8 link that climbs within the root", "a/b/l->../c, a/c/ | a/b/l/x=1",
         R"(dir a 0755; dir a/b 0755; link a/b/l -> ../c; dir a/c 0755; file a/c/x "1")"},
        {"8 chain of links", "a->b, b->c, c/ | a/x=1", R"(link a -> b; link b -> c; dir c 0755; file c/x "1")"},
        {"8 link that dangles is made by its target", "l->d/e | l/x=1", R"(dir d 0755; dir d/e 0755; file d/e/x "1"; link l -> d/e)"},
        {"8 loop of links", "a->b, b->a | a/x=1", "", "go round in a loop"},
        {"8 link to itself", "a->a | a/x=1", "", "go round in a loop"},
        {"8 whiteout through a loop", "a->b, b->a | wh a/x", "", "go round in a loop"},
        {"8 link to a file", "f=1, l->f | l/x=2", R"(dir f 0755; file f/x "2"; link l -> f)"},
        {"8 link of the same layer", "lib->usr/lib, usr/lib/, lib/foo=1", R"(link lib -> usr/lib; dir usr 0755; dir usr/lib 0755; file usr/lib/foo "1")"},

        {"9 missing parents", "a/b/c=1", R"(dir a 0755; dir a/b 0755; file a/b/c "1")"},
        {"9 parent was a file", "a=1 | a/b=2", R"(dir a 0755; file a/b "2")"},
        {"9 parent comes later", "d/x=1, d/@0700", R"(dir d 0700; file d/x "1")"},
        {"9 parent was a fifo", "fifo a | a/b=2", R"(dir a 0755; file a/b "2")"},

        {"10 last duplicate wins", "a=1, a=2", R"(file a "2")"},
        {"10 later directory keeps the children", "d/@0700, d/x=1, d/@0750", R"(dir d 0750; file d/x "1")"},
        {"10 file to directory within a layer", "a=1, a/, a/b=2", R"(dir a 0755; file a/b "2")"},
        {"10 directory to file within a layer", "a/, a/b=2, a=1", R"(file a "1")"},
        {"10 duplicate in other spelling", "a=1, ./a=2, /a=3", R"(file a "3")"},
        {"10 symlink to file within a layer", "l->t, t=1, l=2", R"(file l "2"; file t "1")"},

        {"11 spellings of one name", "./d/x=1 | /d/y=2 | d//./z=3", R"(dir d 0755; file d/x "1"; file d/y "2"; file d/z "3")"},
        {"11 dot dot within", "a/b/../c=1", R"(dir a 0755; file a/c "1")"},
        {"11 dot dot leaves", "../x=1", "", "leaves the image"},
        {"11 dot dot leaves later", "a/../../x=1", "", "leaves the image"},
        {"11 root as a directory", "./@0700, x=1", R"(file x "1")"},
        {"11 root as a file", ".=1, x=1", "", "the root of a layer is a"},
        {"11 root as a symlink", ".->etc", "", "the root of a layer is a"},
        {"11 newline in a name", "a\nb=1 | c=2", "file a\nb \"1\"; file c \"2\""},
        {"11 bytes that are no text", "\xff\xfe=1, \xe4=2", "file \xe4 \"2\"; file \xff\xfe \"1\""},
        {"11 name of 255 bytes", long_name + "=1", "file " + long_name + " \"1\""},
        {"11 name of 256 bytes", long_name + "n=1", "", "longer than 255 bytes"},
        {"11 spaces and backslashes", R"(a b=1, c\d=2)", R"(file a b "1"; file c\d "2")"},

        {"12 hardlink within a layer", "a=1, b hard a", R"(file a "1"; hard b = a)"},
        {"12 hardlink to a lower file", "a=1 | b hard a", R"(file a "1"; hard b = a)"},
        {"12 one name is removed", "a=1, b hard a | wh a", R"(file b "1")"},
        {"12 one name is overwritten", "a=1, b hard a | a=2", R"(file a "2"; file b "1")"},
        {"12 overwritten in its own layer", "a=1, b hard a, a=2", R"(file a "2"; file b "1")"},
        {"12 three names over three layers", "a=1 | b hard a | c hard b", R"(file a "1"; hard b = a; hard c = a)"},
        {"12 hardlink of itself", "a=1, a hard a", R"(file a "1")"},
        {"12 hardlink of itself in a lower layer", "a=1 | a hard a", R"(file a "1")"},
        {"12 hardlink through a symlinked parent", "d/a=1, l->d | b hard l/a", R"(file b "1"; dir d 0755; hard d/a = b; link l -> d)"},

        {"13 rename", "a=1 | b hard a, wh a", R"(file b "1")"},
        {"13 rename with the whiteout first", "a=1 | wh a, b hard a", R"(file b "1")"},
        {"13 rename out of an opaque directory", "d/a=1 | b hard d/a, opq d", R"(file b "1"; dir d 0755)"},
        {"13 hardlink to a symlink", "l->t | m hard l", "link l -> t; hard m = l"},
        {"13 absolute target", "d/a=1 | b hard /d/a", R"(file b "1"; dir d 0755; hard d/a = b)"},
        {"13 climbing target", "d/a=1 | b hard ../../d/a", R"(file b "1"; dir d 0755; hard d/a = b)"},
        {"13 target comes later", "b hard a, a=1", R"(file a "1"; hard b = a)"},
        {"13 chain of targets that come later", "c hard b, b hard a, a=1", R"(file a "1"; hard b = a; hard c = a)"},
        {"13 hardlink to a link whose target comes later", "b hard a, c hard b, a=1", R"(file a "1"; hard b = a; hard c = a)"},
        {"13 target of a link that was replaced comes later", "b hard a, c hard b, b=2, a=1", R"(file a "1"; file b "2"; hard c = a)"},
        {"13 target does not exist", "b hard nowhere", "", "'nowhere'"},
        {"13 target does not exist any more", "a=1 | wh a | b hard a", "", "'a'"},
        {"13 targets that are each other", "a hard b, b hard a", "", "which is no file of the image"},
        {"13 target is a directory", "d/, b hard d", "", "'d'"},
        {"13 target is a directory that comes later", "b hard d, d/", "", "'d'"},

        {"14 setuid", "a=1@4755, b=2@2755, d/@1777", R"(file a 4755 "1"; file b 2755 "2"; dir d 1777)"},
        {"14 fifo", "fifo p", "fifo p"},
        {"14 hardlinked fifo", "fifo p, q hard p", "fifo p; hard q = p"},

        {"17 a layer twice", "a=1 | wh a | a=1", R"(file a "1")"},
        {"17 empty layers", "a=1 | | b=2 | ", R"(file a "1"; file b "2")"},
    };
    return cases;
}

// clang-format on

std::string expected_listing(const LayerCase& layer_case) {
    std::string text;
    for (std::size_t begin = 0; begin < layer_case.tree.size();) {
        const auto end = std::min(layer_case.tree.find("; ", begin), layer_case.tree.size());
        text += layer_case.tree.substr(begin, end - begin) + "\n";
        begin = end + 2;
    }
    return text;
}

std::string identifier_of(const LayerCase& layer_case) {
    std::string name = "rule_" + layer_case.name;
    for (char& c : name)
        if (c == ' ')
            c = '_';
    return name;
}

} // namespace aic::testing
