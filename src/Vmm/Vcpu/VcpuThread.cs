using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Jail;
using MicroVm.Vmm.Kvm;
using MicroVm.Vmm.Machine;

namespace MicroVm.Vmm.Vcpu;

/// <summary>
/// The thread of one vCPU. It leaves KVM_RUN on a kick: a real-time signal that is blocked everywhere but inside KVM_RUN, so that a
/// kick which comes a moment before the call ends it as well, and no handler ever runs.
/// </summary>
internal sealed unsafe class VcpuThread
{
    /// <summary>The run loop needs little; only what is touched is resident anyway.</summary>
    private const int StackSizeBytes = 128 * 1024;

    private readonly KvmVcpu _vcpu;
    private readonly VcpuExits _exits;
    private readonly VmLifetime _lifetime;
    private readonly VcpuPause _pause;
    private readonly SystemCallFilters? _filters;
    private NativeThread? _thread;
    private volatile int _threadId;

    internal VcpuThread(int index, KvmVcpu vcpu, VcpuExits exits, VmLifetime lifetime, VcpuPause pause, SystemCallFilters? filters)
    {
        _vcpu = vcpu;
        _exits = exits;
        _lifetime = lifetime;
        _pause = pause;
        _filters = filters;
        Index = index;
    }

    internal int Index { get; }

    /// <summary>Counters.</summary>
    internal VcpuMetrics Metrics => _exits.Metrics;

    /// <exception cref="OsFaultException">The host refuses another thread.</exception>
    internal void Start() => _thread = NativeThread.Start(Run, StackSizeBytes);

    /// <summary>Makes the thread look at its lifetime and at the pause. Any thread.</summary>
    internal void Kick()
    {
        _vcpu.RequestImmediateExit();
        // Zero before the thread has started: the flag above then ends its first KVM_RUN.
        if (_threadId != 0)
        {
            _ = Libc.tgkill(Libc.getpid(), _threadId, SignalNumber.VcpuKick);
        }
    }

    /// <summary>Waits for the thread's end after a kick; false when a device call still holds it.</summary>
    internal bool Join(TimeSpan patience) => _thread is null || _thread.Join(patience);

    private void Run()
    {
        try
        {
            _threadId = Libc.gettid();
            _vcpu.SetSignalMask(GuestSignalMask());
            _filters?.InstallOnVcpuThread();
            RunGuest();
        }
        catch (VmmFaultException fault)
        {
            _lifetime.End(new VmOutcome(fault.Code, fault.Message));
        }
        catch (OsFaultException fault)
        {
            _lifetime.End(new VmOutcome(ExitCode.HostCallFailed, fault.Message));
        }
        catch (Exception defect)
        {
            _lifetime.End(new VmOutcome(ExitCode.InternalFault, $"vCPU {Index}: {defect.GetType().Name}: {defect.Message}"));
        }
    }

    private void RunGuest()
    {
        while (!_lifetime.IsEnding)
        {
            int errno = _vcpu.Run();
            if (errno is Errno.Interrupted or Errno.Again)
            {
                // In this order: a kick that comes in between leaves its signal behind, and one before was for what is looked at now.
                ConsumeKick();
                _vcpu.ClearImmediateExit();
                _pause.WaitWhilePaused();
                continue;
            }

            if (errno != 0)
            {
                OsFaultException cause = new("KVM_RUN", $"vCPU {Index}", errno);
                throw new VmmFaultException(ExitCode.KvmCallFailed, cause.Message, cause);
            }

            if (_exits.Handle() is VmOutcome outcome)
            {
                _lifetime.End(outcome);
            }
        }
    }

    private static ulong GuestSignalMask()
    {
        SignalSet blocked = SignalSet.Full();
        blocked.Remove(SignalNumber.VcpuKick);
        return blocked.KernelMask;
    }

    // The signal stays pending after KVM_RUN, and would end every later call at once.
    private static void ConsumeKick()
    {
        SignalSet kick = default;
        kick.Add(SignalNumber.VcpuKick);
        long* noWait = stackalloc long[2] { 0, 0 };
        // SAFETY: a set and a timespec of the stack.
        _ = Libc.sigtimedwait(&kick, null, noWait);
    }
}
