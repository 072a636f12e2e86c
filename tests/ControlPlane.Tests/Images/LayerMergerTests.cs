using MicroVm.ControlPlane.Host.Images;

namespace MicroVm.ControlPlane.Tests.Images;

public sealed class LayerMergerTests : IDisposable
{
    private readonly ImportBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Layers_FilesOfBoth_AreAllThere()
    {
        ExtractedRoot root = await _bench.ExtractAsync(
            lower => lower.Directory("etc").File("etc/a", "lower a").File("etc/b", "lower b"),
            upper => upper.Directory("etc").File("etc/b", "upper b").File("etc/c", "upper c"));

        Assert.Equal("etc etc/a etc/b etc/c", root.Paths);
        Assert.Equal(("lower a", "upper b", "upper c"), (root.Read("etc/a"), root.Read("etc/b"), root.Read("etc/c")));
    }

    [Fact]
    public async Task Metadata_OfFileAndDirectory_IsKept()
    {
        ExtractedRoot root = await _bench.ExtractAsync(layer => layer
            .Directory("bin", 0x1C0).File("bin/su", "x", 0x9ED, 1234).SymbolicLink("bin/sh", "su").Fifo("bin/pipe"));

        Assert.Equal(("d", "700"), (root.Files["bin"].Type, root.Files["bin"].Mode));
        Assert.Equal(("f", "4755", "1234:1234"), (root.Files["bin/su"].Type, root.Files["bin/su"].Mode, root.Files["bin/su"].Owner));
        Assert.Equal(TestLayer.Time.ToUnixTimeSeconds(), root.Files["bin/su"].Seconds);
        Assert.Equal(("l", "su"), (root.Files["bin/sh"].Type, root.Files["bin/sh"].Target));
        Assert.Equal("p", root.Files["bin/pipe"].Type);
    }

    [Fact]
    public async Task RootMode_OfTopmostLayer_IsKept()
    {
        ImportedImage image = await _bench.ImportAsync(TestLayout.Of(
            lower => lower.Directory("./", 0x1FF), upper => upper.Directory("./", 0x1C9).File("a")));

        string listing = ImportBench.Run("env", "TZ=UTC", "unsquashfs", "-lls", _bench.Importer.PathOf(image.Platforms[0].Digest));

        Assert.StartsWith("drwx--x--x root/root", listing);
    }

    [Fact]
    public async Task RootMetadata_OfNoLayer_Is0755OfTheLatestFile()
    {
        ImportedImage image = await _bench.ImportAsync(TestLayout.Of(layer => layer.File("d/a")));

        string listing = ImportBench.Run("env", "TZ=UTC", "unsquashfs", "-lls", _bench.Importer.PathOf(image.Platforms[0].Digest));

        Assert.StartsWith("drwxr-xr-x root/root", listing);
        Assert.Contains("2020-09-13 12:26 squashfs-root\n", listing);
        Assert.Contains("1970-01-01 00:00 squashfs-root/d\n", listing);
    }

    [Fact]
    public async Task DirectoryMetadata_OfTopmostLayer_Wins()
    {
        ExtractedRoot root = await _bench.ExtractAsync(
            lower => lower.Directory("d", 0x1C0).File("d/kept", "k"),
            upper => upper.Directory("d", 0x1ED));

        Assert.Equal("755", root.Files["d"].Mode);
        Assert.Equal("k", root.Read("d/kept"));
    }

    [Fact]
    public async Task Whiteout_OfLowerFileAndDirectory_RemovesThem()
    {
        ExtractedRoot root = await _bench.ExtractAsync(
            lower => lower.File("a").Directory("d").File("d/x").File("d/y").Directory("gone").File("gone/deep"),
            upper => upper.File(".wh.a").File("d/.wh.x").File(".wh.gone").File(".wh.never-was"));

        Assert.Equal("d d/y", root.Paths);
    }

    [Fact]
    public async Task Whiteout_BesideNewEntryOfItsLayer_HidesTheLowerOneOnly()
    {
        ExtractedRoot root = await _bench.ExtractAsync(
            lower => lower.Directory("d").File("d/old").File("f", "old"),
            upper => upper.Directory("d").File("d/new").File(".wh.d").File("f", "new").File(".wh.f"));

        Assert.Equal("d d/new f", root.Paths);
        Assert.Equal("new", root.Read("f"));
    }

    [Fact]
    public async Task OpaqueMarker_WhereverItStands_HidesLowerContentsOnly()
    {
        ExtractedRoot root = await _bench.ExtractAsync(
            lower => lower.Directory("d").File("d/old").Directory("d/sub").File("d/sub/old").File("beside"),
            upper => upper.Directory("d").File("d/new").File("d/sub/new").File("d/.wh..wh..opq"));

        Assert.Equal("beside d d/new d/sub d/sub/new", root.Paths);
    }

    [Fact]
    public async Task OpaqueMarker_InDirectoryThatReplacesALink_LeavesTheLinksTargetAlone()
    {
        ExtractedRoot root = await _bench.ExtractAsync(
            lower => lower.Directory("usr").Directory("usr/lib").File("usr/lib/a").SymbolicLink("lib", "usr/lib"),
            upper => upper.Directory("lib").File("lib/.wh..wh..opq").File("lib/b"));

        Assert.Equal("lib lib/b usr usr/lib usr/lib/a", root.Paths);
        Assert.Equal("d", root.Files["lib"].Type);
    }

    [Fact]
    public async Task AufsBookkeeping_IsNotContent()
    {
        ExtractedRoot root = await _bench.ExtractAsync(layer => layer.File("a").Directory(".wh..wh.plnk").File(".wh..wh.plnk/7.1").File(".wh..wh.aufs"));

        Assert.Equal("a", root.Paths);
    }

    [Fact]
    public async Task HardLink_WithinALayer_SharesTheFile()
    {
        ExtractedRoot root = await _bench.ExtractAsync(layer => layer.File("z", "shared").HardLink("a", "z").HardLink("dir/b", "./z"));

        Assert.Equal("shared", root.Read("a"));
        Assert.Equal(3, root.Files["a"].Links);
        Assert.Equal(root.Files["z"].Inode, root.Files["dir/b"].Inode);
    }

    [Fact]
    public async Task HardLink_ToFileOfLowerLayer_SharesTheFile()
    {
        ExtractedRoot root = await _bench.ExtractAsync(
            lower => lower.File("bin/busybox", "binary", 0x1ED),
            upper => upper.HardLink("bin/sh", "bin/busybox"));

        Assert.Equal("binary", root.Read("bin/sh"));
        Assert.Equal(root.Files["bin/busybox"].Inode, root.Files["bin/sh"].Inode);
    }

    [Fact]
    public async Task HardLink_WhoseTargetIsReplacedOrDeleted_KeepsItsContent()
    {
        ExtractedRoot root = await _bench.ExtractAsync(
            lower => lower.File("a", "first").HardLink("b", "a").File("c", "third").HardLink("d", "c"),
            upper => upper.File("a", "second").File(".wh.c"));

        Assert.Equal("a b d", root.Paths);
        Assert.Equal(("second", "first", "third"), (root.Read("a"), root.Read("b"), root.Read("d")));
        Assert.Equal(1, root.Files["b"].Links);
    }

    [Fact]
    public async Task HardLink_WithoutItsTarget_IsRefused()
    {
        ImageImportException refusal = await _bench.RefuseAsync(TestLayout.Of(layer => layer.HardLink("b", "missing").File("missing")));

        Assert.Equal(ImageFault.Invalid, refusal.Fault);
        Assert.Contains("'b': expected a hard link to a file that came before, 'missing', found no such file", refusal.Message);
    }

    [Fact]
    public async Task Type_ThatChanges_IsReplaced()
    {
        ExtractedRoot root = await _bench.ExtractAsync(
            lower => lower.Directory("dir-to-file").File("dir-to-file/x").File("file-to-dir", "f").Directory("dir-to-link").File("dir-to-link/y").File("implicit", "f"),
            upper => upper.File("dir-to-file", "now a file").Directory("file-to-dir").File("file-to-dir/new", "n").SymbolicLink("dir-to-link", "file-to-dir").File("implicit/inside"));

        Assert.Equal("dir-to-file dir-to-link file-to-dir file-to-dir/new implicit implicit/inside", root.Paths);
        Assert.Equal("now a file", root.Read("dir-to-file"));
        Assert.Equal("l", root.Files["dir-to-link"].Type);
    }

    [Fact]
    public async Task EntryInsideAFileOfItsLayer_IsRefused()
    {
        ImageImportException refusal = await _bench.RefuseAsync(TestLayout.Of(layer => layer.File("f").File("f/x")));

        Assert.Contains("'f': expected a directory", refusal.Message);
    }

    [Fact]
    public async Task Path_ThroughASymbolicLink_IsFollowedInsideTheRoot()
    {
        ExtractedRoot root = await _bench.ExtractAsync(
            lower => lower.Directory("usr").Directory("usr/lib").SymbolicLink("lib", "/usr/lib").SymbolicLink("escape", "../../../../etc"),
            upper => upper.File("lib/libc.so", "c").File("escape/passwd", "p").SymbolicLink("lib", "usr/lib"));

        Assert.Equal("escape etc etc/passwd lib usr usr/lib usr/lib/libc.so", root.Paths);
        Assert.Equal("usr/lib", root.Files["lib"].Target);
    }

    [Fact]
    public async Task SymbolicLinks_InACircle_AreRefused()
    {
        ImageImportException refusal = await _bench.RefuseAsync(TestLayout.Of(layer => layer.SymbolicLink("a", "b").SymbolicLink("b", "a").File("a/x")));

        Assert.Equal(ImageFault.TooLarge, refusal.Fault);
        Assert.Contains("symbolic links", refusal.Message);
    }

    [Fact]
    public async Task Path_AbsoluteOrWithDots_StaysInsideTheRoot()
    {
        ExtractedRoot root = await _bench.ExtractAsync(layer => layer
            .File("/absolute", "1").File("../../up", "2").File("./a/./b/../c", "3").File("a//d", "4").HardLink("link", "/../absolute"));

        Assert.Equal("a a/c a/d absolute link up", root.Paths);
    }

    [Fact]
    public async Task Names_OfAnyLengthAndBytes_ComeThrough()
    {
        string deep = string.Join('/', Enumerable.Repeat(new string('n', 90), 5));
        ExtractedRoot root = await _bench.ExtractAsync(layer => layer
            .File(deep, "deep").HardLink(deep + "-link", deep).File("ünïcode ✓", "u").SymbolicLink("far", "/" + deep));

        Assert.Equal("deep", root.Read(deep + "-link"));
        Assert.Equal("u", root.Read("ünïcode ✓"));
        Assert.Equal("/" + deep, root.Files["far"].Target);
    }

    [Fact]
    public async Task GnuFormat_LongNames_AreRead()
    {
        string longName = new('g', 180);
        byte[] layer = new TestLayer(System.Formats.Tar.TarEntryFormat.Gnu).File(longName, "long").HardLink("l", longName).ToArray();

        ExtractedRoot root = _bench.Extract(await _bench.ImportAsync(TestLayout.Of([layer])));

        Assert.Equal("long", root.Read("l"));
    }

    [Fact]
    public async Task DeviceNode_IsKept()
    {
        ImportedImage image = await _bench.ImportAsync(TestLayout.Of(layer => layer.CharacterDevice("dev/null", 1, 3)));

        string listing = ImportBench.Run("unsquashfs", "-lls", _bench.Importer.PathOf(image.Platforms[0].Digest));

        Assert.Matches(@"(?m)^crw-r--r-- root/root +1, +3 .* squashfs-root/dev/null$", listing);
    }

    [Theory]
    [InlineData(".wh.")]
    [InlineData(".wh..")]
    [InlineData(".wh...")]
    public async Task Whiteout_WithoutAName_IsRefused(string path)
    {
        ImageImportException refusal = await _bench.RefuseAsync(TestLayout.Of(layer => layer.File(path)));

        Assert.Contains("expected a name behind .wh.", refusal.Message);
    }

    [Fact]
    public async Task EntryInsideAWhiteout_IsRefused()
    {
        ImageImportException refusal = await _bench.RefuseAsync(TestLayout.Of(layer => layer.File(".wh.d/x")));

        Assert.Contains("expected nothing inside a deletion", refusal.Message);
    }
}
