using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Jail.Filters;

/// <summary>
/// Writes an allow-list of system calls as a program of classic BPF. Whatever it does not allow ends the process. Calls that are allowed
/// whatever their arguments cost nothing per call on Linux 5.11 and later, which remembers that; the others come first for that reason.
/// </summary>
internal ref struct FilterBuilder
{
    /// <summary>SECCOMP_RET_KILL_PROCESS.</summary>
    internal const uint KillProcess = 0x8000_0000;

    /// <summary>SECCOMP_RET_ALLOW.</summary>
    internal const uint Allowed = 0x7fff_0000;

    /// <summary>BPF_LD | BPF_W | BPF_ABS.</summary>
    internal const ushort Load = 0x20;

    /// <summary>BPF_JMP | BPF_JEQ | BPF_K.</summary>
    internal const ushort JumpIfEqual = 0x15;

    /// <summary>BPF_JMP | BPF_JSET | BPF_K.</summary>
    internal const ushort JumpIfAnySet = 0x45;

    /// <summary>BPF_RET | BPF_K.</summary>
    internal const ushort Return = 0x06;

    // struct seccomp_data: number, architecture, instruction pointer, six arguments of 64 bits; little-endian, so low halves first.
    private const uint NumberOffset = 0;
    private const uint ArchitectureOffset = 4;
    private const uint ArgumentsOffset = 16;

    private readonly Span<SockFilter> _program;
    private readonly FilterTarget _target;

    /// <summary>Begins a program for one architecture in <paramref name="space"/>, which must be large enough.</summary>
    internal FilterBuilder(Span<SockFilter> space, FilterTarget target)
    {
        _program = space;
        _target = target;
        Add(Load, ArchitectureOffset);
        Add(JumpIfEqual, target.AuditArchitecture, 1, 0);
        Add(Return, KillProcess);
        Add(Load, NumberOffset);
    }

    /// <summary>Instructions so far.</summary>
    internal int Length { get; private set; }

    /// <summary>Allows these calls.</summary>
    internal void Allow(params ReadOnlySpan<SystemCall> calls)
    {
        foreach (SystemCall call in calls)
        {
            Add(JumpIfEqual, _target.NumberOf(call), 0, 1);
            Add(Return, Allowed);
        }
    }

    /// <summary>Allows a call when the low half of its argument is one of at most 250 values.</summary>
    internal void AllowWhenArgumentIs(SystemCall call, int argument, params ReadOnlySpan<uint> values)
    {
        Add(JumpIfEqual, _target.NumberOf(call), 0, (byte)(values.Length + 3));
        Add(Load, ArgumentsOffset + ((uint)argument * sizeof(ulong)));
        for (int i = 0; i < values.Length; i++)
        {
            Add(JumpIfEqual, values[i], (byte)(values.Length - i), 0);
        }

        Add(Return, KillProcess);
        Add(Return, Allowed);
    }

    /// <summary>Allows a call when the low half of its argument has none of these bits.</summary>
    internal void AllowWhenArgumentLacks(SystemCall call, int argument, uint bits)
    {
        Add(JumpIfEqual, _target.NumberOf(call), 0, 4);
        Add(Load, ArgumentsOffset + ((uint)argument * sizeof(ulong)));
        Add(JumpIfAnySet, bits, 0, 1);
        Add(Return, KillProcess);
        Add(Return, Allowed);
    }

    /// <summary>Ends the program: everything else ends the process. Returns the whole.</summary>
    internal ReadOnlySpan<SockFilter> Build()
    {
        Add(Return, KillProcess);
        return _program[..Length];
    }

    private void Add(ushort code, uint operand, byte jumpTrue = 0, byte jumpFalse = 0) =>
        _program[Length++] = new SockFilter { Code = code, JumpTrue = jumpTrue, JumpFalse = jumpFalse, Operand = operand };
}
