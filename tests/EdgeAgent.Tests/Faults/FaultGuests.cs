using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Identity;
using MicroVm.TestKit;

namespace MicroVm.EdgeAgent.Tests.Faults;

/// <summary>
/// The guests of a device: whoever listens for one is greeted, its workload starts when it has its configuration, and ends with its VM when it is
/// told to. They live through agents.
/// </summary>
internal sealed class FaultGuests : IAsyncDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(5);

    private readonly VmPaths _paths;
    private readonly ProcFileSystem _proc = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<FakeInit, bool> _connected = [];
    private readonly Task[] _guests;

    internal FaultGuests(AgentOptions options, params string[] names)
    {
        _paths = new VmPaths(options);
        _guests = [.. names.Select(name => Task.Run(() => LiveAsync(ResourceName.Parse(name))))];
    }

    /// <summary>VMMs of this device that run, by VM.</summary>
    internal ILookup<string, int> Vmms() => _proc.EnumeratePids()
        .Select(pid => (Pid: pid, IsVmm: VmmCommandLine.TryRecognise(_proc.ReadCommandLine(pid), _paths, out ResourceName vm), Vm: vm))
        .Where(one => one.IsVmm && _proc.ReadStat(one.Pid) is { IsAlive: true })
        .ToLookup(static one => one.Vm.Value, static one => one.Pid);

    /// <summary>What the end of an agent does to its connections.</summary>
    internal void Disconnect()
    {
        foreach (FakeInit init in _connected.Keys)
        {
            init.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Disconnect();
        await Phase.Of("guests end", Task.WhenAll(_guests));
        _stop.Dispose();
    }

    private async Task LiveAsync(ResourceName vm)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                // That somebody listens is seen by trying, as a VMM does when its guest connects.
                using FakeInit init = await FakeInit.GreetAsync(_paths.GuestChannel(vm));
                _connected[init] = true;
                try
                {
                    await TalkAsync(init, vm);
                }
                finally
                {
                    _connected.TryRemove(init, out _);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException or TimeoutException)
            {
                await Task.Delay(s_look);
            }
        }
    }

    private async Task TalkAsync(FakeInit init, ResourceName vm)
    {
        bool ends = false;
        while (await init.ReceiveAsync($"a message to {vm}") is GuestMessage message && message is not GuestExitAck)
        {
            switch (message)
            {
                case GuestConfig:
                    await init.SendAsync(new GuestStarted(2));
                    break;
                case GuestShutdown:
                    ends = true;
                    await init.SendAsync(new GuestExited(0, ""));
                    break;
            }
        }

        foreach (int pid in ends ? Vmms()[vm.Value] : [])
        {
            try
            {
                using Process vmm = Process.GetProcessById(pid);
                vmm.Send("TERM");
            }
            catch (Exception e) when (e is ArgumentException or Win32Exception)
            {
                // It has ended by itself.
            }
        }
    }
}
