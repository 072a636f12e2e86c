using MicroVm.EdgeAgent.Bundles;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Execution;
using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Telemetry;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Local;

/// <summary>Looks at what an engineer on site asks for beyond VMs: the way to the control plane, the host, the network, images.</summary>
internal sealed class LocalLook(
    AgentOptions options,
    MqttLink link,
    IdentityStore identity,
    IdentityKeeper keeper,
    Refusals refusals,
    DesiredIntake intake,
    ImageStore images,
    MemoryAdmission memory,
    VmNetworks networks,
    ProcFileSystem proc,
    Func<AgentStatus> update,
    TimeProvider time)
{
    /// <summary>How far the device is with the agent that it should run.</summary>
    internal AgentStatus Update() => update();

    /// <summary>The way to the control plane.</summary>
    internal LocalLink Link()
    {
        LinkState? state = link.State;
        AgentIdentity? held = identity.Current;
        return new LocalLink(
            state?.Since,
            state is { IsConnected: false } ? state.Fault : "",
            state?.Failures ?? 0,
            held is not null,
            held?.Certificate.NotBefore.ToUniversalTime(),
            held?.Certificate.NotAfter.ToUniversalTime(),
            held?.Trust.Version ?? 0,
            keeper.Fault,
            refusals.Current);
    }

    /// <summary>The host.</summary>
    internal LocalHost Host() => new(
        time.GetUtcNow(),
        Libc.IsClockSynchronised(),
        proc.TryRead("meminfo") is string meminfo ? MemoryInfo.Parse(meminfo) : null,
        memory.BudgetMib,
        memory.FreeMib(default),
        proc.ReadOwnResidentBytes(),
        SpaceOf(options.DataDirectory));

    /// <summary>The VMs' network.</summary>
    internal LocalNetwork Network() => new(
        networks.IsEnabled, networks.IsUp, networks.Pool.ToString(), networks.Gateway.ToString(), networks.Attached.Count);

    /// <summary>A VM's addresses, IPv4 first; empty when it has none.</summary>
    internal string AddressOf(ResourceName vm) => networks.Find(vm) is VmAttachment found
        ? found.Ipv6 is { } ipv6 ? $"{found.Link.Ipv4} {ipv6.Address}" : $"{found.Link.Ipv4}"
        : "";

    /// <summary>Images that the desired state needs.</summary>
    internal IReadOnlyList<LocalImage> Images() =>
    [
        .. BundleDecisions.Needed(intake.Current, MachineArchitecture.Current).Select(image => new LocalImage(
            image, images.Has(image.Digest), images.Has(image.Digest) ? 0 : LengthOf(images.PartialPathOf(image.Digest)))),
    ];

    private static long LengthOf(string path)
    {
        FileInfo file = new(path);
        return file.Exists ? file.Length : 0;
    }

    private static FileSystemSpace? SpaceOf(string directory)
    {
        try
        {
            return Libc.SpaceOf(directory);
        }
        catch (OsFaultException)
        {
            return null;
        }
    }
}
