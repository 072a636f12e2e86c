using System.Globalization;
using System.Text;
using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Kvm;
using MicroVm.Vmm.Machine;

namespace MicroVm.Vmm.Vcpu;

/// <summary>What one vCPU does about each exit. Port and memory-mapped I/O allocate nothing.</summary>
// SAFETY: pointers lead into the mapped kvm_run; the data of a port exit is checked to lie within the mapping before use.
internal sealed unsafe class VcpuExits(int index, KvmVcpu vcpu, IoBus ports, IoBus memory, IPostedWrites postedWrites)
{
    private const byte DirectionOut = 1;
    private const uint EmulationFailure = 1;

    /// <summary>Counters.</summary>
    internal VcpuMetrics Metrics { get; } = new();

    /// <summary>Handles the exit that KVM_RUN has just left in the shared page; an outcome when it was the last.</summary>
    internal VmOutcome? Handle()
    {
        // What the guest wrote before this exit comes before it.
        postedWrites.Deliver();
        ref KvmRun run = ref vcpu.State;
        switch (run.ExitReason)
        {
            case KvmExitReason.Io:
                HandlePorts(ref run);
                return null;
            case KvmExitReason.Mmio:
                HandleMemory(ref run);
                return null;
            // An end of interrupt is news to level-triggered pins alone, and there are none.
            case KvmExitReason.Interrupted or KvmExitReason.InterruptWindowOpen or KvmExitReason.IoApicEoi:
                return null;
            case KvmExitReason.ArmNoSyndrome:
                return Abort(ref run);
            case KvmExitReason.Halt:
                return new VmOutcome(ExitCode.Ok, "guest halted");
            case KvmExitReason.Shutdown:
                return new VmOutcome(ExitCode.Ok, "guest reset by a triple fault");
            case KvmExitReason.SystemEvent:
                return SystemEvent(run.SystemEventType);
            case KvmExitReason.FailEntry:
                return new VmOutcome(
                    ExitCode.VcpuFailEntry, $"KVM_RUN: vCPU {index}: KVM_EXIT_FAIL_ENTRY, hardware reason 0x{run.FailEntryReason:x}");
            case KvmExitReason.InternalError:
                return new VmOutcome(ExitCode.VcpuInternalError, DescribeInternalError(ref run));
            default:
                return new VmOutcome(ExitCode.VcpuUnexpectedExit, $"KVM_RUN: vCPU {index}: unexpected exit reason {(uint)run.ExitReason}");
        }
    }

    // A string instruction comes as one exit with a count: that many accesses to the same port, in order.
    private void HandlePorts(ref KvmRun run)
    {
        int size = run.IoSize;
        ushort port = run.IoPort;
        Span<byte> data = vcpu.IoData(run.IoDataOffset, checked((int)(run.IoCount * run.IoSize)));
        bool isOut = run.IoDirection == DirectionOut;
        Metrics.IoOut += isOut ? 1 : 0;
        Metrics.IoIn += isOut ? 0 : 1;
        for (; data.Length >= size && size > 0; data = data[size..])
        {
            if (isOut)
            {
                ports.Write(port, data[..size]);
            }
            else
            {
                ports.Read(port, data[..size]);
            }
        }
    }

    private void HandleMemory(ref KvmRun run)
    {
        Span<byte> data = vcpu.MmioData(run.MmioLength);
        if (run.MmioIsWrite != 0)
        {
            Metrics.MmioWrite++;
            memory.Write(run.MmioAddress, data);
        }
        else
        {
            Metrics.MmioRead++;
            memory.Read(run.MmioAddress, data);
        }
    }

    // The hardware does not say what the access was (a pair of registers, a cache operation): no device has anything of that kind.
    private VmOutcome? Abort(ref KvmRun run) => vcpu.TryAbortAccess()
        ? null
        : new VmOutcome(
            ExitCode.VcpuUnexpectedExit,
            $"KVM_RUN: vCPU {index}: access to device memory at 0x{run.NoSyndromeAddress:x} with an instruction that KVM cannot describe");

    private VmOutcome SystemEvent(uint type) => (KvmSystemEvent)type switch
    {
        KvmSystemEvent.Shutdown => new VmOutcome(ExitCode.Ok, "guest powered off"),
        KvmSystemEvent.Reset => new VmOutcome(ExitCode.Ok, "guest reset"),
        KvmSystemEvent.Crash => new VmOutcome(ExitCode.GuestCrashed, "guest reported a crash"),
        _ => new VmOutcome(ExitCode.VcpuUnexpectedExit, $"KVM_RUN: vCPU {index}: unknown system event {type}"),
    };

    private string DescribeInternalError(ref KvmRun run)
    {
        uint subError = run.InternalSubError;
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"KVM_RUN: vCPU {index}: KVM_EXIT_INTERNAL_ERROR, sub-error {subError}");
        if (subError == EmulationFailure)
        {
            text.Append(CultureInfo.InvariantCulture, $" (KVM could not emulate the instruction at rip 0x{vcpu.GetRegisters().Rip:x}");
            AppendInstruction(text, ref run);
            text.Append(')');
        }

        return text.ToString();
    }

    private static void AppendInstruction(StringBuilder text, ref KvmRun run)
    {
        const uint dataWordsWithInstruction = 3;
        if (run.InternalDataCount < dataWordsWithInstruction || (run.EmulationFlags & 1) == 0)
        {
            return;
        }

        text.Append(", bytes");
        for (int i = 0; i < Math.Min((int)run.EmulationInstructionSize, 15); i++)
        {
            text.Append(CultureInfo.InvariantCulture, $" {run.EmulationInstruction[i]:x2}");
        }
    }
}
