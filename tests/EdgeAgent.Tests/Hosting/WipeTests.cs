using System.Runtime.InteropServices;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Hosting;
using MicroVm.EdgeAgent.Tests.TestDoubles;

namespace MicroVm.EdgeAgent.Tests.Hosting;

/// <summary>Real mounts, in a mount namespace that ends with the thread that made it.</summary>
public sealed partial class WipeTests : IDisposable
{
    private const int CloneNewNs = 0x2_0000;
    private const ulong MsRdOnly = 1, MsRemount = 32, MsRec = 0x4000, MsPrivate = 0x4_0000;

    private readonly TempDirectory _directory = new();
    private readonly AgentOptions _options;

    public WipeTests()
    {
        _options = TestOptions.In(_directory);
        Directory.CreateDirectory(_options.RunDirectory);
        foreach (string file in (string[])["agent.db", "agent.lock", "images/a.squashfs", "lost+found/x", "volumes/web/data.ext4", "z"])
        {
            Fill(file);
        }

        File.CreateSymbolicLink(InData("link"), _directory.Path);
        File.WriteAllText(Path.Combine(_options.RunDirectory, "agent.sock"), "");
        Assert.Equal("", Wipe.TryBegin(_options));
    }

    [Fact]
    public void Run_EverythingCanBeDeleted_LeavesTheMark()
    {
        Assert.Empty(Wipe.Run(_options));

        Assert.Equal(["agent.lock", "decommissioned", "lost+found"], Left());
        Assert.True(File.Exists(_options.KernelPath));
    }

    [Fact]
    public void Run_FileSystemsAreMounted_EmptiesThemAndDeletesTheRest() => InNamespace(() =>
    {
        Mount("images", "a.squashfs");
        Mount("volumes/web", "data.ext4");

        Assert.Empty(Wipe.Run(_options));

        Assert.Equal(["agent.lock", "decommissioned", "images", "lost+found", "volumes"], Left());
        Assert.Equal([InData("volumes/web")], Directory.GetFileSystemEntries(InData("volumes")));
        Assert.Empty(Directory.GetFileSystemEntries(InData("images")).Concat(Directory.GetFileSystemEntries(InData("volumes/web"))));
        Assert.Empty(Directory.GetFileSystemEntries(_options.RunDirectory));
    });

    [Fact]
    public void Run_SomeCannotBeDeleted_DeletesTheRestAndTheNextTimeAsWell() => InNamespace(() =>
    {
        foreach (string directory in (string[])["identity", "images"])
        {
            Mount(directory, "a");
            Assert.Equal(0, mount("tmpfs", InData(directory), "tmpfs", MsRemount | MsRdOnly, null));
        }

        IReadOnlyList<string> faults = Wipe.Run(_options);
        Assert.Equal(["identity/a", "images/a"], faults.Select(fault => Path.GetRelativePath(_options.DataDirectory, fault.Split(':')[0])).Order());
        Assert.All(faults, static fault => Assert.Contains("Read-only file system", fault, StringComparison.Ordinal));
        Assert.Equal(["agent.lock", "decommissioned", "identity", "images", "lost+found"], Left());
        Assert.Empty(Directory.GetFileSystemEntries(_options.RunDirectory));

        Assert.Equal(0, mount("tmpfs", InData("images"), "tmpfs", MsRemount, null));
        Assert.All(Wipe.Finish(_options), fault => Assert.StartsWith(InData("identity/a: "), fault, StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(InData("images")));
    });

    public void Dispose() => _directory.Dispose();

    private string InData(string name) => Path.Combine(_options.DataDirectory, name);

    private IEnumerable<string?> Left() => Directory.GetFileSystemEntries(_options.DataDirectory).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private void Fill(string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(InData(name))!);
        File.WriteAllText(InData(name), "secret");
    }

    private void Mount(string directory, string file)
    {
        Assert.Equal(0, mount("tmpfs", InData(directory), "tmpfs", 0, "size=64k"));
        Fill(Path.Combine(directory, file));
    }

    private static void InNamespace(Action test)
    {
        Exception? fault = null;
        Thread thread = new(() => fault = unshare(CloneNewNs) == 0 && mount("none", "/", null, MsRec | MsPrivate, null) == 0
            ? Record.Exception(test)
            : new InvalidOperationException($"unshare, mount: {Marshal.GetLastPInvokeErrorMessage()}"));
        thread.Start();
        thread.Join();
        Assert.Null(fault);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string? type, ulong flags, string? data);
}
