using MicroVm.EdgeAgent.Cgroups;
using MicroVm.EdgeAgent.Tests.TestDoubles;

namespace MicroVm.EdgeAgent.Tests.Cgroups;

/// <summary>Folders of plain files stand for the kernel's.</summary>
public sealed class CgroupOpenerTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Open_VersionTwo_IsUnderTheRoot()
    {
        MakeUnified("", "cpu io memory pids", "cpu memory pids");
        MakeUnified("microvm", "cpu memory pids", "cpu memory pids");

        CgroupTree tree = Open("/system.slice/agent.service");

        Assert.Equal((2, ""), (tree.Version, tree.Missing));
        Assert.Equal([_directory["v2/microvm/web"]], tree.FoldersOf("web"));
    }

    [Fact]
    public void Open_RootWithoutMemory_IsUnderItsOwn()
    {
        MakeUnified("", "cpu", "");
        MakeUnified("own", "memory pids", "memory pids");
        MakeUnified("own/microvm", "memory pids", "memory pids");

        CgroupTree tree = Open("/own");

        Assert.Equal((2, "no controller for cpu"), (tree.Version, tree.Missing));
        Assert.Equal(_directory["v2/own/microvm/web"], tree.FolderOf("memory", "web"));
    }

    [Fact]
    public void Open_ControllersOnlyInVersionOne_IsThere()
    {
        MakeUnified("", "", "");
        Directory.CreateDirectory(_directory["memory"]);
        Directory.CreateDirectory(_directory["cpu"]);

        CgroupTree tree = CgroupOpener.Open(
            new CgroupMounts(_directory["v2"], new Dictionary<string, string> { ["memory"] = _directory["memory"], ["cpu"] = _directory["cpu"], ["pids"] = "/proc/none" }),
            "/", "microvm");

        Assert.Equal((1, "no controller for pids"), (tree.Version, tree.Missing));
        Assert.Equal([_directory["memory/microvm/web"], _directory["cpu/microvm/web"]], tree.FoldersOf("web"));
    }

    [Fact]
    public void Open_Nothing_SaysWhy()
    {
        CgroupTree tree = CgroupOpener.Open(new CgroupMounts(null, new Dictionary<string, string>()), "/", "microvm");

        Assert.Equal((0, "no cgroup hierarchy with the memory controller is mounted"), (tree.Version, tree.Missing));
        Assert.Empty(tree.FoldersOf("web"));
    }

    private CgroupTree Open(string ownPath) => CgroupOpener.Open(new CgroupMounts(_directory["v2"], new Dictionary<string, string>()), ownPath, "microvm");

    private void MakeUnified(string folder, string available, string enabled)
    {
        string path = Directory.CreateDirectory(Path.Combine(_directory["v2"], folder)).FullName;
        File.WriteAllText(Path.Combine(path, "cgroup.controllers"), available + "\n");
        File.WriteAllText(Path.Combine(path, "cgroup.subtree_control"), enabled + "\n");
    }
}
