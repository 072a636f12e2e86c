using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Output;

/// <summary>A problem in lines for people.</summary>
internal static class ProblemText
{
    /// <summary>One line for each field that is wrong, or one for the problem.</summary>
    public static IEnumerable<string> Lines(ProblemView problem)
    {
        if (problem.Errors is { Count: > 0 } errors)
        {
            return errors.Select(static error => Terminal.Safe($"{error.Field}: expected {error.Expected}, found {error.Found}"));
        }

        return [Terminal.Safe(string.IsNullOrEmpty(problem.Detail) ? $"{problem.Title} (HTTP {problem.Status})" : problem.Detail)];
    }
}
