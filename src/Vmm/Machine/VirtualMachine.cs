using MicroVm.Vmm.Arch;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Vcpu;

namespace MicroVm.Vmm.Machine;

/// <summary>A VM that was built and can be started once. <see cref="VmLifetime"/> says when and how it ended.</summary>
internal sealed class VirtualMachine : IDisposable
{
    /// <summary>How long a vCPU may stay in a device call after the end, when the process ends without it, and before a pause.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly OwnedResources _resources;
    private readonly MachineParts _parts;

    private VirtualMachine(OwnedResources resources, MachineParts parts)
    {
        _resources = resources;
        _parts = parts;
    }

    /// <summary>Makes the VM with everything loaded. When it fails, nothing of the VM is left.</summary>
    /// <exception cref="VmmFaultException">The configuration, a file, KVM or the host stands in the way.</exception>
    internal static VirtualMachine Create(VmConfig config, EpollLoop loop, VmLifetime lifetime, Logger logger, MachineOptions options)
    {
        OwnedResources resources = new();
        try
        {
            MachineBuilder builder = new(config, IPlatform.OfThisProcess(), loop, lifetime, logger, resources);
            return new VirtualMachine(resources, builder.Build(options));
        }
        catch (OsFaultException fault)
        {
            resources.Dispose();
            throw new VmmFaultException(ExitCode.HostCallFailed, fault.Message, fault);
        }
        catch
        {
            resources.Dispose();
            throw;
        }
    }

    /// <summary>Lets the guest run.</summary>
    internal void Start()
    {
        foreach (VcpuThread vcpu in _parts.Vcpus)
        {
            vcpu.Start();
        }
    }

    /// <summary>All counters as they are now.</summary>
    internal List<MetricsSection> CollectMetrics() => MachineMetrics.Collect(_parts);

    /// <summary>Takes all vCPUs out of the guest and keeps them out. The devices go on with what the guest has asked for already.</summary>
    /// <exception cref="VmmFaultException">A vCPU did not come out; all of them run on.</exception>
    internal void Pause()
    {
        _parts.Pause.Close();
        foreach (VcpuThread vcpu in _parts.Vcpus)
        {
            vcpu.Kick();
        }

        if (!_parts.Pause.AwaitAll(_parts.Vcpus.Length, s_patience))
        {
            _parts.Pause.Open();
            throw new VmmFaultException(ExitCode.HostCallFailed, $"pause: expected every vCPU to stop within {s_patience.TotalSeconds} s, found one in a device");
        }
    }

    /// <summary>Lets the vCPUs go on where they were.</summary>
    internal void Resume() => _parts.Pause.Open();

    /// <summary>Types Ctrl+Alt+Del on the guest's keyboard.</summary>
    /// <exception cref="VmmFaultException">The guest has no keyboard, or does not read it.</exception>
    internal void SendCtrlAltDel()
    {
        if (_parts.Legacy.Keyboard is not { } keyboard)
        {
            throw new VmmFaultException(ExitCode.HostCallFailed, "SendCtrlAltDel: expected a machine with a keyboard (x86_64), found one without");
        }

        if (!keyboard.TrySendCtrlAltDel())
        {
            throw new VmmFaultException(ExitCode.HostCallFailed, "SendCtrlAltDel: expected a guest that reads its keyboard, found its buffer full");
        }
    }

    /// <summary>The first device of this kind (and name), which the configuration must have.</summary>
    internal T Find<T>(string? name = null)
        where T : class, IVirtioDevice
    {
        foreach (VirtioMmioDevice transport in _parts.Devices)
        {
            if (transport.Device is T found && (name is null || found.Name == name))
            {
                return found;
            }
        }

        throw new InvalidOperationException($"the machine has no {typeof(T).Name} {name}");
    }

    /// <summary>Asks the guest to stop; false when it was asked before.</summary>
    internal bool TryAskToStop()
    {
        if (_parts.Legacy.PowerButton.WasPressed)
        {
            return false;
        }

        _parts.Legacy.PowerButton.Press();
        return true;
    }

    /// <summary>Takes the vCPUs out of the guest; only after the lifetime has ended. False when one of them could not be stopped.</summary>
    internal bool StopVcpus()
    {
        _parts.Pause.Open();
        foreach (VcpuThread vcpu in _parts.Vcpus)
        {
            vcpu.Kick();
        }

        bool stopped = true;
        foreach (VcpuThread vcpu in _parts.Vcpus)
        {
            stopped &= vcpu.Join(s_patience);
        }

        return stopped;
    }

    /// <summary>Releases the VM; its vCPUs must have stopped.</summary>
    public void Dispose() => _resources.Dispose();
}
