using MicroVm.EdgeAgent.Cgroups;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.EdgeAgent.Tests.Cgroups;

/// <summary>The kernel's own cgroups, version 2 or 1 as this machine has them, in a place of the test's.</summary>
public sealed class VmCgroupsTests : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly MemoryStore _store = new();
    private readonly AgentOptions _options;
    private readonly FakeVmm _vmm;
    private readonly CgroupTree _tree;
    private VmBench _agent;

    public VmCgroupsTests()
    {
        _options = TestOptions.In(_directory) with { CgroupParent = $"microvm-test-{Guid.NewGuid():n}" };
        _tree = VmCgroups.Open(_options.CgroupParent, new ProcFileSystem(), NullLogger.Instance).Tree;
        _vmm = new FakeVmm(_directory);
        _vmm.Install();
        _agent = new VmBench(_options, _store, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (VmEntry entry in _agent.Table.All())
        {
            entry.Instance?.Process.Signal(9);
            await (entry.Instance?.Settled ?? Task.CompletedTask);
        }

        await _agent.DisposeAsync();
        foreach (string place in _tree.Folders.Values.Distinct())
        {
            Directory.Delete(place);
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task Start_Vm_ItsProcessIsInACgroupOfItsOwnFromTheBeginning()
    {
        RequireCgroups();

        await StartAsync(Specs.Vm() with { MemoryMinMib = 64, Priority = 1000 });

        int pid = _store.LoadVms().Single().Run!.Pid;
        Assert.Equal("850", File.ReadAllText($"/proc/{pid}/oom_score_adj").Trim());
        foreach (string folder in _tree.FoldersOf("web"))
        {
            Assert.Contains(pid.ToString(), File.ReadAllLines(Path.Combine(folder, "cgroup.procs")));
        }

        // 128 of the guest, 8 of the VMM, 2 of the kernel's tables.
        string limit = File.ReadAllText(Path.Combine(_tree.FolderOf("memory", "web")!, _tree.Version == 2 ? "memory.max" : "memory.limit_in_bytes"));
        Assert.Equal(138 << 20, int.Parse(limit));
    }

    [Fact]
    public async Task End_Vm_LeavesNoCgroup()
    {
        RequireCgroups();
        await StartAsync(Specs.Vm());
        VmInstance instance = _agent.Entry().Instance!;

        _vmm.End("web", 0);

        await Phase.Of("end", instance.Settled);
        Assert.All(_tree.FoldersOf("web"), folder => Assert.False(Directory.Exists(folder)));
    }

    [Fact]
    public async Task End_KilledAtItsLimit_SaysThatMemoryWasTheReason()
    {
        RequireCgroups();
        // tail keeps the last line, and this one has no end.
        File.WriteAllText(_options.VmmPath, "#!/bin/sh\nexec /usr/bin/tail /dev/zero\n");

        Assert.Null(await _agent.StartAsync(Specs.Vm() with { MemoryMib = 32 }));
        await Phase.Of("end", _agent.Entry().Instance?.Settled ?? Task.CompletedTask);

        VmRecord record = _store.LoadVms().Single();
        Assert.Equal(VmPhase.BackOff, record.Phase);
        Assert.Equal("VmmOutOfMemory", record.Exit!.Reason);
        Assert.Contains("its limit of 40 MiB", record.Exit.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restart_OfTheAgent_KeepsTheVmsCgroupAndRemovesOthers()
    {
        RequireCgroups();
        await StartAsync(Specs.Vm());
        foreach (string folder in _tree.FoldersOf("gone"))
        {
            Directory.CreateDirectory(folder);
        }

        await _agent.DisposeAsync();
        _agent = new VmBench(_options, _store, TimeProvider.System);
        await Phase.Of("adoption", _agent.Adoption.RunAsync(TestContext.Current.CancellationToken));

        Assert.All(_tree.FoldersOf("web"), folder => Assert.True(Directory.Exists(folder)));
        Assert.All(_tree.FoldersOf("gone"), folder => Assert.False(Directory.Exists(folder)));
        VmInstance instance = _agent.Entry().Instance!;
        _vmm.End("web", 3);
        await Phase.Of("end", instance.Settled);
        Assert.All(_tree.FoldersOf("web"), folder => Assert.False(Directory.Exists(folder)));
    }

    private void RequireCgroups() => Assert.SkipWhen(_tree.Version == 0, $"this machine has no cgroups for tests: {_tree.Missing}");

    private async Task StartAsync(VmSpec spec)
    {
        _vmm.Prepare("web");
        Assert.Null(await _agent.StartAsync(spec));
        await _vmm.WaitUpAsync("web");
    }
}
