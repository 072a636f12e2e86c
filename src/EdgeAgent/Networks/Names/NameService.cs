using System.Net;
using System.Net.Sockets;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Reconcile;
using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Networks.Names;

/// <summary>Has name servers on the bridge's addresses while VMs have a network, and none else.</summary>
internal sealed class NameService(VmNetworks networks, NameRelay relay, AgentCounters counters, TimeProvider time, ILogger logger) : INameSource
{
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(30);
    private readonly Dictionary<IPAddress, NameServer> _servers = [];
    private readonly AsyncSignal _changed = new();
    private string _fault = "";

    /// <inheritdoc/>
    public IPAddress?[] Own => [networks.Gateway, networks.Ipv6Gateway];

    /// <inheritdoc/>
    public byte[]? Answer(ReadOnlySpan<byte> message, in DnsQuery query) => LocalNames.Answer(message, query, networks.Attached, networks.Pool);

    /// <summary>Follows the network for ever, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        networks.Changed += _changed.Set;
        try
        {
            while (true)
            {
                bool isComplete = await AdjustAsync();
                if (isComplete)
                {
                    await _changed.WaitAsync(cancellation);
                }
                else
                {
                    await _changed.WaitAsync(s_again, time, cancellation);
                }
            }
        }
        finally
        {
            networks.Changed -= _changed.Set;
            await StopAsync();
        }
    }

    /// <summary>True when there is a server where there should be one.</summary>
    private async Task<bool> AdjustAsync()
    {
        if (!networks.IsUp)
        {
            await StopAsync();
            return true;
        }

        string fault = "";
        foreach (IPAddress? address in Own)
        {
            if (address is null || _servers.ContainsKey(address))
            {
                continue;
            }

            try
            {
                _servers[address] = NameServer.Listen(new IPEndPoint(address, NameRelay.Port), this, relay, counters, time);
            }
            catch (SocketException e)
            {
                fault = $"{address}: {e.Message}";
            }
        }

        if (fault.Length > 0 && fault != _fault)
        {
            Log.NoNameServer(logger, fault);
        }

        _fault = fault;
        return fault.Length == 0;
    }

    private async Task StopAsync()
    {
        foreach (NameServer server in _servers.Values)
        {
            await server.DisposeAsync();
        }

        _servers.Clear();
    }
}
