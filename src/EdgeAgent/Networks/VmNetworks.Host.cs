using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Networks.Links;

namespace MicroVm.EdgeAgent.Networks;

/// <content>What the host has of the VMs' network.</content>
internal sealed partial class VmNetworks
{
    /// <summary>Removes everything from the host, whatever runs.</summary>
    private async Task ClearAsync()
    {
        FaultPoints.Before(FaultPoint.RulesRemoval);
        bool removed = await firewall.RemoveAsync();
        FaultPoints.After(FaultPoint.RulesRemoval);
        if (!removed && !options.IsEnabled)
        {
            return;
        }

        IsUp = false;
        Publish();
        HostSurvey survey = links.Survey();
        foreach (LinkInfo link in survey.Links.Where(static link => link.Name == HostLinks.BridgeName || link.Name.StartsWith(VmLink.TapPrefix, StringComparison.Ordinal)))
        {
            Remove(link.Name);
        }

        forwarding.Restore();
        _ports.Keep(new HashSet<(Shared.Contracts.Desired.TransportProtocol, int)>());
    }

    private async Task SettleNowAsync()
    {
        if (_vms.Count == 0)
        {
            await ClearAsync();
            return;
        }

        HostSurvey survey = links.Survey();
        HashSet<string> taps = [.. _vms.Values.Select(static vm => vm.Link.Tap)];
        PrepareHost(survey);
        foreach (NetworkedVm vm in _vms.Values.ToArray())
        {
            EnsureTap(Put(vm));
        }

        await ApplyAsync();
        Publish();
        foreach (LinkInfo stray in survey.Links.Where(link => link.Name.StartsWith(VmLink.TapPrefix, StringComparison.Ordinal) && !taps.Contains(link.Name)))
        {
            Remove(stray.Name);
            Log.StrayTapRemoved(logger, stray.Name);
        }

        _ports.Keep(PortsOf(_vms.Values).ToHashSet());
    }

    private void PrepareHost(HostSurvey survey)
    {
        _mtu = survey.UplinkMtu;
        // Once there, it stays while VMs run: they know their addresses.
        _ipv6 ??= survey.HasGlobalIpv6 ? LoadIpv6() : null;
        FaultPoints.Before(FaultPoint.Bridge);
        links.EnsureBridge(new BridgeSetup(Gateway, _pool.Network.PrefixLength, _ipv6?.Gateway, _mtu));
        FaultPoints.After(FaultPoint.Bridge);
        IsUp = true;
        FaultPoints.Before(FaultPoint.Forwarding);
        _strangers = forwarding.Enable(
            [.. survey.Links.Select(static link => link.Name).Where(static name => name is not ("lo" or HostLinks.BridgeName) && !name.StartsWith(VmLink.TapPrefix, StringComparison.Ordinal))],
            _ipv6 is not null);
        FaultPoints.After(FaultPoint.Forwarding);
    }

    private void EnsureTap(NetworkedVm vm)
    {
        FaultPoints.Before(FaultPoint.Tap);
        links.EnsureTap(vm.Link, vm.Ipv6, _mtu);
        FaultPoints.After(FaultPoint.Tap);
    }

    private void Remove(string link)
    {
        FaultPoints.Before(FaultPoint.LinkRemoval);
        links.Remove(link);
        FaultPoints.After(FaultPoint.LinkRemoval);
    }

    private async Task ApplyAsync()
    {
        _ports.Keep(PortsOf(_vms.Values).ToHashSet());
        NetworkedVm[] ordered = [.. _vms.Values.OrderBy(static vm => vm.Link.Tap, StringComparer.Ordinal)];
        FaultPoints.Before(FaultPoint.Rules);
        await firewall.ApplyAsync(RuleSet.Write(new RuleSetInput(_pool.Network, Gateway, _ipv6, ordered, _strangers)));
        FaultPoints.After(FaultPoint.Rules);
    }

    private NetworkedVm Put(NetworkedVm vm)
    {
        NetworkedVm placed = vm with { Ipv6 = _ipv6 is { } ipv6 ? _pool.Ipv6Of(ipv6.Prefix.BaseAddress, vm.Link.Ipv4) : null };
        _vms[vm.Link.Vm] = placed;
        Publish();
        return placed;
    }

    private void Publish()
    {
        _attached = [.. _vms.Values];
        Changed?.Invoke();
    }

    private VmAttachment PlaceOf(NetworkedVm vm) =>
        new(vm.Link, Gateway, vm.Ipv6 is not null && _ipv6 is { } ipv6 ? (vm.Ipv6, ipv6.Gateway) : null, _mtu);
}
