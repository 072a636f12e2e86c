using System.Diagnostics;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Vms;

/// <summary>Real processes; one that does not end, as when the kernel waits for a disk in it, is one whose signals go to another that has ended.</summary>
public sealed class VmmOrphansTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _time = new();
    private readonly AgentCounters _counters = new();
    private readonly AgentOptions _options;
    private readonly List<WatchedProcess> _watched = [];
    private readonly List<Process> _started = [];
    private readonly VmmOrphans _orphans;

    public VmmOrphansTests()
    {
        _options = TestOptions.In(_directory);
        _orphans = new VmmOrphans(new ProcFileSystem(), Watch, new VmPaths(_options), _counters, _time, NullLogger.Instance);
    }

    [Fact]
    public async Task Stop_OneThatDoesNotEnd_HoldsNobodyUpAndIsNamed()
    {
        int[] pids = [StartOrphan("web"), StartOrphan("till")];

        IReadOnlyList<int> left = await StopAsync();

        Assert.Equal(pids.Order(), left.Order());
        Assert.Equal(2, _counters.StoppedOrphans.Value);
    }

    [Fact]
    public async Task Stop_OneThatDidNotEndBefore_IsWatchedOnceAndFoundAgainUntilItEnds()
    {
        int pid = StartOrphan("web");
        await StopAsync();

        Assert.Equal([pid], await StopAsync());
        WatchedProcess watched = Assert.Single(_watched);
        Assert.Equal(1, _counters.StoppedOrphans.Value);
        _started[0].Kill();
        _started[0].WaitForExit();
        watched.Complete();

        Assert.Equal([], await StopAsync());
    }

    [Fact]
    public async Task Stop_WhatIsNoOrphan_IsLeftAlone()
    {
        int orphan = StartOrphan("web"), other = StartOrphan("till");

        IReadOnlyList<int> left = await StopAsync("web");

        Assert.Equal([orphan], left);
        Assert.True(new ProcFileSystem().ReadStat(other) is { IsAlive: true });
    }

    [Fact]
    public async Task Kill_OneThatDoesNotEnd_IsLeftAfterATimeAndFoundAgainByTheNextStart()
    {
        int pid = StartOrphan("web");

        Assert.Equal(pid, await PassAsync(_orphans.KillAsync(Watch(pid), ResourceName.Parse("web"))));
        Assert.Equal([pid], await StopAsync("web"));
        Assert.Single(_watched);
    }

    public void Dispose()
    {
        foreach (Process process in _started)
        {
            process.Kill();
            process.Dispose();
        }

        _watched.ForEach(static process => process.Pidfd.Dispose());
        _directory.Dispose();
    }

    /// <summary>Time goes on until the agent has done what it can.</summary>
    private Task<IReadOnlyList<int>> StopAsync(string? only = null) =>
        PassAsync(_orphans.StopAsync((_, vm) => only is null || vm == ResourceName.Parse(only), CancellationToken.None));

    private async Task<T> PassAsync<T>(Task<T> stopping)
    {
        while (!stopping.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }

        return await stopping;
    }

    private WatchedProcess Watch(int pid)
    {
        using Process ended = Process.Start(new ProcessStartInfo("/bin/cat") { RedirectStandardInput = true })!;
        WatchedProcess process = new(pid, Libc.PidfdOpen(ended.Id)!);
        ended.StandardInput.Close();
        ended.WaitForExit();
        _watched.Add(process);
        return process;
    }

    private int StartOrphan(string vm)
    {
        string config = Path.Combine(_options.RunDirectory, vm, "vm.json");
        Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "read -r _", "vmm", "--config-file", config, "--id", vm]) { RedirectStandardInput = true })!;
        _started.Add(process);
        return process.Id;
    }
}
