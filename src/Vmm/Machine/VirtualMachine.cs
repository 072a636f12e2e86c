using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Vcpu;

namespace MicroVm.Vmm.Machine;

/// <summary>A VM that was built and can be started once. <see cref="VmLifetime"/> says when and how it ended.</summary>
internal sealed class VirtualMachine : IDisposable
{
    /// <summary>How long a vCPU may stay in a device call after the end; the process then ends without it.</summary>
    private static readonly TimeSpan s_joinPatience = TimeSpan.FromSeconds(2);

    private readonly OwnedResources _resources;
    private readonly MachineParts _parts;

    private VirtualMachine(OwnedResources resources, MachineParts parts)
    {
        _resources = resources;
        _parts = parts;
    }

    /// <summary>Makes the VM with everything loaded. When it fails, nothing of the VM is left.</summary>
    /// <exception cref="VmmFaultException">The configuration, a file, KVM or the host stands in the way.</exception>
    internal static VirtualMachine Create(VmConfig config, EpollLoop loop, VmLifetime lifetime, Logger logger, bool readsStandardInput)
    {
        OwnedResources resources = new();
        try
        {
            MachineBuilder builder = new(config, loop, lifetime, logger, resources);
            return new VirtualMachine(resources, builder.Build(readsStandardInput));
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

    /// <summary>The first device of this kind (and name), which the configuration must have.</summary>
    internal T Find<T>(string? name = null)
        where T : class, IVirtioDevice
    {
        foreach (IVirtioDevice device in _parts.Devices)
        {
            if (device is T found && (name is null || found.Name == name))
            {
                return found;
            }
        }

        throw new InvalidOperationException($"the machine has no {typeof(T).Name} {name}");
    }

    /// <summary>Asks the guest to stop; false when it was asked before.</summary>
    internal bool TryAskToStop()
    {
        if (_parts.PowerButton.WasPressed)
        {
            return false;
        }

        _parts.PowerButton.Press();
        return true;
    }

    /// <summary>Takes the vCPUs out of the guest; only after the lifetime has ended. False when one of them could not be stopped.</summary>
    internal bool StopVcpus()
    {
        foreach (VcpuThread vcpu in _parts.Vcpus)
        {
            vcpu.Kick();
        }

        bool stopped = true;
        foreach (VcpuThread vcpu in _parts.Vcpus)
        {
            stopped &= vcpu.Join(s_joinPatience);
        }

        return stopped;
    }

    /// <summary>Releases the VM; its vCPUs must have stopped.</summary>
    public void Dispose() => _resources.Dispose();
}
