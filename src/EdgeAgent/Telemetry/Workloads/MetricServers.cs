using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Telemetry.Workloads;

/// <summary>Has servers for workloads' metrics where there are VMs: one on the bridge while there is one, one at the vsock of each VM that runs.</summary>
internal sealed class MetricServers(VmNetworks networks, VmTable table, VmPaths paths, MetricIntake intake, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(30);

    private readonly AsyncSignal _changed = new();
    private readonly Dictionary<ResourceName, (Guid Run, MetricLineServer Server)> _lines = [];
    private MetricHttpServer? _http;
    private string _fault = "";

    /// <summary>Follows VMs and network for ever, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        networks.Changed += _changed.Set;
        table.Changed += _changed.Set;
        try
        {
            while (true)
            {
                bool isComplete = await AdjustAsync();
                await _changed.WaitAsync(isComplete ? Timeout.InfiniteTimeSpan : s_again, time, cancellation);
            }
        }
        finally
        {
            networks.Changed -= _changed.Set;
            table.Changed -= _changed.Set;
            await StopAsync();
        }
    }

    /// <summary>The VM that has an address; null for none.</summary>
    internal ResourceName? VmOf(IPAddress address)
    {
        foreach (NetworkedVm vm in networks.Attached)
        {
            if (vm.Link.Ipv4.Equals(address))
            {
                return vm.Link.Vm;
            }
        }

        return null;
    }

    /// <summary>True when there is a server where there should be one.</summary>
    private async Task<bool> AdjustAsync()
    {
        string fault = await AdjustHttpAsync();
        foreach (VmEntry entry in table.All())
        {
            string found = await AdjustLinesAsync(entry.Name, entry.Instance?.Run.Id);
            fault = found.Length > 0 ? found : fault;
        }

        foreach (ResourceName gone in _lines.Keys.Where(vm => table.Find(vm) is null).ToList())
        {
            await AdjustLinesAsync(gone, null);
        }

        if (fault.Length > 0 && fault != _fault)
        {
            Log.NoMetricServer(logger, fault);
        }

        _fault = fault;
        return fault.Length == 0;
    }

    private async Task<string> AdjustHttpAsync()
    {
        if (!networks.IsUp)
        {
            await StopHttpAsync();
            return "";
        }

        try
        {
            _http ??= MetricHttpServer.Listen(new IPEndPoint(networks.Gateway, MetricHttpServer.Port), VmOf, intake, time);
            return "";
        }
        catch (SocketException e)
        {
            return $"{networks.Gateway}:{MetricHttpServer.Port}: {e.Message}";
        }
    }

    private async Task<string> AdjustLinesAsync(ResourceName vm, Guid? run)
    {
        if (_lines.TryGetValue(vm, out (Guid Run, MetricLineServer Server) served))
        {
            if (served.Run == run)
            {
                return "";
            }

            _lines.Remove(vm);
            await served.Server.DisposeAsync();
        }

        if (run is not Guid id)
        {
            return "";
        }

        string path = paths.GuestMetrics(vm);
        try
        {
            _lines[vm] = (id, MetricLineServer.Listen(vm, path, intake, time));
            return "";
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            return $"{path}: {e.Message}";
        }
    }

    private async Task StopHttpAsync()
    {
        if (_http is MetricHttpServer server)
        {
            _http = null;
            await server.DisposeAsync();
        }
    }

    private async Task StopAsync()
    {
        await StopHttpAsync();
        foreach ((_, MetricLineServer server) in _lines.Values)
        {
            await server.DisposeAsync();
        }

        _lines.Clear();
    }
}
