using System.Collections.Concurrent;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.ControlPlane.Tests.Rollouts;

/// <summary>Devices on real MQTT connections that run whatever they are told; a workload with the argument <c>bad</c> cannot run.</summary>
internal sealed class FakeFleet : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _lives = [];

    private readonly TaskCompletionSource<FakeDevice> _fetchesAhead = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeFleet(int count)
    {
        Devices = [.. Enumerable.Range(0, count).Select(i => new FakeDevice($"edge-{i:00}") { Labels = { ["fleet"] = "all" } })];
        foreach (FakeDevice device in Devices)
        {
            device.Changed += () =>
            {
                if (device.Runs!.Prefetched.Count > 0)
                {
                    _fetchesAhead.TrySetResult(device);
                }
            };
        }

        _lives.AddRange(Devices.Select(device => Task.Run(() => device.LiveAsync(vm => Become(device, vm), _end.Token))));
    }

    public IReadOnlyList<FakeDevice> Devices { get; }

    /// <summary>Devices that ever saw a bad workload.</summary>
    public ConcurrentDictionary<string, bool> SawBad { get; } = new();

    /// <summary>The first device that was told to fetch an image ahead.</summary>
    public Task<FakeDevice> FetchesAhead => _fetchesAhead.Task;

    public async Task ConnectAsync(RunningControlPlane controlPlane) => await Task.WhenAll(Devices.Select(async device =>
    {
        await device.StartAsync(controlPlane);
        await device.TryReportAsync();
    }));

    /// <summary>What each device runs: its workload's last argument.</summary>
    public IEnumerable<string> Versions => Devices.Select(device => device.Runs?.Vms is [VmStatus vm] ? vm.Message : "nothing");

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        foreach (Task life in _lives)
        {
            await life.ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        foreach (FakeDevice device in Devices)
        {
            await device.DisposeAsync();
        }

        _end.Dispose();
    }

    private VmStatus Become(FakeDevice device, VmSpec vm)
    {
        string version = vm.Process.Arguments[^1];
        bool bad = version == "bad";
        if (bad)
        {
            SawBad[device.Id.Value] = true;
        }

        return new VmStatus
        {
            Name = vm.Name,
            Deployment = vm.Deployment,
            Revision = vm.Revision,
            Phase = bad ? VmPhase.Failed : VmPhase.Running,
            Reason = bad ? "WorkloadFailed" : "",
            Message = version,
            ImageDigest = vm.Image.Digest,
        };
    }
}
