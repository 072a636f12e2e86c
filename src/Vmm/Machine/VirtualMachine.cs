using MicroVm.Vmm.Control;
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
    private readonly VcpuThread[] _vcpus;
    private readonly PowerButton _powerButton;

    private VirtualMachine(OwnedResources resources, VcpuThread[] vcpus, PowerButton powerButton)
    {
        _resources = resources;
        _vcpus = vcpus;
        _powerButton = powerButton;
    }

    /// <summary>Makes the VM with everything loaded. When it fails, nothing of the VM is left.</summary>
    /// <exception cref="VmmFaultException">The configuration, a file, KVM or the host stands in the way.</exception>
    internal static VirtualMachine Create(VmConfig config, EpollLoop loop, VmLifetime lifetime, Logger logger, bool readsStandardInput)
    {
        OwnedResources resources = new();
        try
        {
            MachineBuilder builder = new(config, loop, lifetime, logger, resources);
            (VcpuThread[] vcpus, PowerButton button) = builder.Build(readsStandardInput);
            return new VirtualMachine(resources, vcpus, button);
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
        foreach (VcpuThread vcpu in _vcpus)
        {
            vcpu.Start();
        }
    }

    /// <summary>Asks the guest to stop; false when it was asked before.</summary>
    internal bool TryAskToStop()
    {
        if (_powerButton.WasPressed)
        {
            return false;
        }

        _powerButton.Press();
        return true;
    }

    /// <summary>Takes the vCPUs out of the guest; only after the lifetime has ended. False when one of them could not be stopped.</summary>
    internal bool StopVcpus()
    {
        foreach (VcpuThread vcpu in _vcpus)
        {
            vcpu.Kick();
        }

        bool stopped = true;
        foreach (VcpuThread vcpu in _vcpus)
        {
            stopped &= vcpu.Join(s_joinPatience);
        }

        return stopped;
    }

    /// <summary>Releases the VM; its vCPUs must have stopped.</summary>
    public void Dispose() => _resources.Dispose();
}
