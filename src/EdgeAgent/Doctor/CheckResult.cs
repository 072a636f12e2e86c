namespace MicroVm.EdgeAgent.Doctor;

/// <summary>One check of the host.</summary>
/// <param name="Name">Which; lower case, no spaces.</param>
/// <param name="Status">What it says.</param>
/// <param name="Found">What there is, in plain words.</param>
/// <param name="Expected">What there should be.</param>
/// <param name="Advice">What to do; empty when nothing is to be done.</param>
internal sealed record CheckResult(string Name, CheckStatus Status, string Found, string Expected, string Advice)
{
    /// <summary>All is well.</summary>
    internal static CheckResult Ok(string name, string found, string expected) => new(name, CheckStatus.Ok, found, expected, "");

    /// <summary>Something is missed that VMs can do without.</summary>
    internal static CheckResult Warn(string name, string found, string expected, string advice) =>
        new(name, CheckStatus.Warn, found, expected, advice);

    /// <summary>VMs do not run so.</summary>
    internal static CheckResult Fail(string name, string found, string expected, string advice) =>
        new(name, CheckStatus.Fail, found, expected, advice);

    /// <summary>The check in one line without its status.</summary>
    public override string ToString() =>
        Advice.Length == 0 ? $"{Name}: found {Found}; expected {Expected}" : $"{Name}: found {Found}; expected {Expected}; {Advice}";
}
