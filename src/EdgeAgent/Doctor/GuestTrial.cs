namespace MicroVm.EdgeAgent.Doctor;

/// <summary>How a guest of a few instructions fared that only a processor can run.</summary>
internal enum GuestTrial
{
    /// <summary>It was not tried, for there is nothing that it could tell.</summary>
    NotTried,

    /// <summary>The processor ran it.</summary>
    Ran,

    /// <summary>KVM emulates, and stopped at the instruction that its emulator lacks.</summary>
    Emulated,

    /// <summary>It ended otherwise.</summary>
    Failed,

    /// <summary>It never ended.</summary>
    NoAnswer,
}
