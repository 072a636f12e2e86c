using System.Net;
using System.Security.Cryptography;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Networks.Links;
using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Networks;

/// <summary>
/// Gives VMs their place in the device's network and takes it back. What a VM has (address, MAC, tap) stays its own until it is
/// removed; rules are made anew from all VMs whenever one comes, goes or changes, and put into force at once.
/// </summary>
internal sealed partial class VmNetworks(
    NetworkOptions options, IAgentStore store, IHostLinks links, IFirewall firewall, IForwarding forwarding, ILogger logger,
    Func<IReadOnlyList<VmSpec>>? desired = null) : IDisposable
{
    private const string Ipv6Setting = "ipv6-prefix";
    private const int Ipv6Bits = 64;

    // A process each time; rules are lost once in a device's life.
    private static readonly TimeSpan s_watchPeriod = TimeSpan.FromSeconds(60);

    private readonly AddressPool _pool = new(options.Pool);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly PortHolder _ports = new();
    private readonly Dictionary<ResourceName, VmLink> _links = store.LoadLinks().ToDictionary(static link => link.Vm);
    private readonly Dictionary<ResourceName, NetworkedVm> _vms = [];
    private (IPNetwork Prefix, IPAddress Gateway)? _ipv6;
    private Strangers _strangers = Strangers.None;
    private volatile int _mtu = 1500;
    private volatile IReadOnlyList<NetworkedVm> _attached = [];

    /// <summary>False when the device's configuration wants no networks.</summary>
    internal bool IsEnabled => options.IsEnabled;

    /// <summary>VMs that have a network now.</summary>
    internal IReadOnlyList<NetworkedVm> Attached => _attached;

    /// <summary>Addresses of VMs.</summary>
    internal IPNetwork Pool => _pool.Network;

    /// <summary>The host has the bridge.</summary>
    internal bool IsUp { get; private set; }

    /// <summary>The bridge's address.</summary>
    internal IPAddress Gateway => _pool.Gateway;

    /// <summary>The bridge's IPv6 address; null when VMs have no IPv6.</summary>
    internal IPAddress? Ipv6Gateway => _ipv6?.Gateway;

    /// <summary>Raised after VMs came or went.</summary>
    internal event Action? Changed;

    /// <summary>A VM's place; null when it has none.</summary>
    internal VmAttachment? Find(ResourceName vm) =>
        _attached.FirstOrDefault(attached => attached.Link.Vm == vm) is NetworkedVm found ? PlaceOf(found) : null;

    /// <summary>Gives a VM its place: address, tap, ports, rules. Its VMM does not run yet.</summary>
    /// <exception cref="NetworkFaultException">It cannot have it; nothing of it is left but its address.</exception>
    internal async Task<VmAttachment> AttachAsync(VmSpec spec)
    {
        await _turn.WaitAsync();
        try
        {
            return await AttachNowAsync(spec);
        }
        catch (Exception e) when (e is OsFaultException or IOException or UnauthorizedAccessException)
        {
            throw new NetworkFaultException(Explain(e), e);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Knows a VM that another start of the agent left running; its tap is left as it is.</summary>
    internal void Adopt(VmSpec spec)
    {
        if (!options.IsEnabled || !_links.TryGetValue(spec.Name, out VmLink? link))
        {
            return;
        }

        // What VMs were given stays theirs, whatever the host has changed meanwhile.
        _ipv6 ??= store.LoadSetting(Ipv6Setting) is null ? null : LoadIpv6();
        Put(new NetworkedVm(link, null, spec.Ports, spec.Network));
        foreach (PortMapping port in spec.Ports.Where(port => !_ports.TryHold(port.Protocol, port.HostPort)))
        {
            Log.PortTaken(logger, spec.Name.Value, port.HostPort);
        }
    }

    /// <summary>
    /// After adoption: the rules of the VMs that run, in one step, and nothing of those that do not. Never throws for what the
    /// host refuses: VMs run on as they are.
    /// </summary>
    internal async Task SettleAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await SettleNowAsync();
        }
        catch (Exception e) when (e is NetworkFaultException or OsFaultException or IOException or UnauthorizedAccessException)
        {
            Log.NetworkNotSettled(logger, e.Message);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes a VM's place back, for good. What the host refuses is done at the next start of the agent.</summary>
    /// <exception cref="StoreException">Its address could not be freed.</exception>
    internal async Task DetachAsync(ResourceName vm)
    {
        await _turn.WaitAsync();
        try
        {
            if (_vms.Remove(vm))
            {
                Publish();
                await SettleNowAsync();
            }
        }
        catch (Exception e) when (e is NetworkFaultException or OsFaultException or IOException or UnauthorizedAccessException)
        {
            Log.NetworkNotSettled(logger, e.Message);
        }
        finally
        {
            try
            {
                if (_links.ContainsKey(vm))
                {
                    store.RemoveLink(vm);
                    _links.Remove(vm);
                }
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    /// <summary>Takes everything back from the host, whatever runs: the device is given up.</summary>
    internal async Task TearDownAsync()
    {
        await _turn.WaitAsync();
        _vms.Clear();
        Publish();
        _turn.Release();
        await SettleAsync();
    }

    /// <summary>Puts the rules into force again when somebody took them away, such as a firewall service that flushes everything.</summary>
    internal async Task WatchAsync(TimeProvider time, CancellationToken cancellation)
    {
        while (true)
        {
            await Task.Delay(s_watchPeriod, time, cancellation);
            if (_attached.Count > 0 && !await firewall.IsInForceAsync())
            {
                Log.RulesLost(logger);
                await SettleAsync();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ports.Dispose();
        _turn.Dispose();
    }

    private static string Explain(Exception e) => e is OsFaultException ? $"the kernel refused: {e.Message}; see microvm-agent doctor" : e.Message;

    private static IReadOnlyList<(TransportProtocol, int)> PortsOf(IEnumerable<NetworkedVm> vms) =>
        [.. vms.SelectMany(static vm => vm.Ports).Select(static port => (port.Protocol, port.HostPort))];

    private async Task<VmAttachment> AttachNowAsync(VmSpec spec)
    {
        if (!options.IsEnabled)
        {
            throw new NetworkFaultException("networks of VMs are switched off in the agent's configuration: network.enabled");
        }

        HostSurvey survey = links.Survey();
        RefuseOverlap(survey);
        VmLink link = GiveLink(spec.Name);
        NetworkedVm? before = _vms.GetValueOrDefault(spec.Name);
        NetworkedVm vm = new(link, null, spec.Ports, spec.Network);
        RefusePorts(spec);
        try
        {
            PrepareHost(survey);
            vm = Put(vm);
            EnsureTap(vm);
            await ApplyAsync();
        }
        catch
        {
            TakeBack(spec.Name, before);
            throw;
        }

        return PlaceOf(vm);
    }

    private void TakeBack(ResourceName vm, NetworkedVm? before)
    {
        if (before is null)
        {
            _vms.Remove(vm);
        }
        else
        {
            _vms[vm] = before;
        }

        Publish();
        _ports.Keep(PortsOf(_vms.Values).ToHashSet());
    }

    private void RefuseOverlap(HostSurvey survey)
    {
        int own = survey.Links.FirstOrDefault(static link => link.Name == HostLinks.BridgeName)?.Index ?? -1;
        if (survey.Overlapping(_pool.Network, own) is HostRoute route)
        {
            string through = survey.Links.FirstOrDefault(link => link.Index == route.LinkIndex)?.Name ?? "several links";
            throw new NetworkFaultException(
                $"network.pool: expected addresses that the host does not use, found {_pool.Network}, which overlaps the route to {route.Network} through {through}");
        }
    }

    /// <summary>Whether a VM could have its ports; its own part of the network it has already.</summary>
    /// <exception cref="NetworkFaultException">Another VM has one of them, or goes first.</exception>
    internal void Check(VmSpec spec)
    {
        IReadOnlyList<NetworkedVm> attached = _attached;
        foreach (PortMapping port in spec.Ports)
        {
            if (OtherThatHas(port, spec, attached) is string who)
            {
                throw Conflict(port, who);
            }
        }
    }

    private static NetworkFaultException Conflict(PortMapping port, string who) => new(
        NetworkFaultException.PortConflict,
        $"port {port.HostPort}/{port.Protocol.ToString().ToLowerInvariant()} of the device: expected it to be free, but {who}");

    /// <summary>Which VM keeps another from having a port; null for none.</summary>
    private string? OtherThatHas(PortMapping port, VmSpec spec, IEnumerable<NetworkedVm> attached)
    {
        NetworkedVm? holder = attached.FirstOrDefault(other => other.Ports.Any(taken => IsSame(taken, port)));
        if (holder?.Link.Vm == spec.Name)
        {
            return null;
        }

        VmSpec? first = desired?.Invoke()
            .Where(other => other.Name != spec.Name && Wants(other, port) && GoesFirst(other, spec))
            .OrderByDescending(static other => other.Priority).ThenBy(static other => other.Name.Value, StringComparer.Ordinal).FirstOrDefault();
        return holder is not null ? $"the VM {holder.Link.Vm} has it" : first is not null ? $"the VM {first.Name} wants it as well and goes first" : null;
    }

    private void RefusePorts(VmSpec spec)
    {
        foreach (PortMapping port in spec.Ports)
        {
            string? who = OtherThatHas(port, spec, _vms.Values) ?? (_ports.TryHold(port.Protocol, port.HostPort) ? null : "a process of the host has it");
            if (who is not null)
            {
                _ports.Keep(PortsOf(_vms.Values).ToHashSet());
                throw Conflict(port, who);
            }
        }
    }

    private static bool IsSame(PortMapping a, PortMapping b) => a.HostPort == b.HostPort && a.Protocol == b.Protocol;

    private static bool Wants(VmSpec spec, PortMapping port) => spec.Ports.Any(wanted => IsSame(wanted, port));

    /// <summary>Of two that want a port which nobody has: the higher priority, then the lower name, whichever comes first.</summary>
    private static bool GoesFirst(VmSpec one, VmSpec other) => one.Priority != other.Priority
        ? one.Priority > other.Priority
        : string.CompareOrdinal(one.Name.Value, other.Name.Value) < 0;

    private VmLink GiveLink(ResourceName vm)
    {
        if (_links.TryGetValue(vm, out VmLink? known) && _pool.Contains(known.Ipv4))
        {
            return known;
        }

        IPAddress address = _pool.Take(_links.Values.Select(static link => link.Ipv4).ToHashSet())
            ?? throw new NetworkFaultException($"network.pool: expected a free address, found none in {_pool.Network}");
        int attempt = 0;
        VmLink link = VmLink.Derive(vm, attempt, address);
        while (_links.Values.Any(other => other.Vm != vm && (other.Tap == link.Tap || other.Mac.Equals(link.Mac))))
        {
            link = VmLink.Derive(vm, ++attempt, address);
        }

        try
        {
            store.SaveLink(link);
        }
        catch (StoreException e)
        {
            throw new NetworkFaultException(e.Message, e);
        }

        return _links[vm] = link;
    }

    private (IPNetwork, IPAddress) LoadIpv6()
    {
        if (store.LoadSetting(Ipv6Setting) is not string text || !IPAddress.TryParse(text, out IPAddress? prefix))
        {
            // RFC 4193: fd, 40 random bits; the subnet is 0.
            byte[] bytes = new byte[16];
            bytes[0] = 0xFD;
            RandomNumberGenerator.Fill(bytes.AsSpan(1, 5));
            prefix = new IPAddress(bytes);
            store.SaveSetting(Ipv6Setting, prefix.ToString());
        }

        return (new IPNetwork(prefix, Ipv6Bits), _pool.Ipv6Of(prefix, Gateway));
    }
}
