namespace MicroVm.EdgeAgent.Programs;

/// <summary>How a program ended.</summary>
/// <param name="Code">Its exit code; 128 + signal.</param>
/// <param name="Words">The first line that it wrote of its own on either output, shortened; empty for none.</param>
internal sealed record ProgramOutcome(int Code, string Words)
{
    /// <summary>It ended with 0.</summary>
    internal bool IsSuccess => Code == 0;

    /// <summary>What it said, or its code.</summary>
    internal string Explanation => Words.Length > 0 ? Words : $"exit code {Code}";
}
