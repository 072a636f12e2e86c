using System.CommandLine;
using MicroVm.ControlPlane.Cli.Output;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary>Options whose value is a length of time.</summary>
internal static class Durations
{
    /// <summary>Creates an option.</summary>
    public static Option<TimeSpan?> Option(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "DURATION",
        CustomParser = result => Quantity.TryParseDuration(result.Tokens[0].Value, out TimeSpan value)
            ? value
            : GlobalOptions.Refuse<TimeSpan?>(result, $"{name}: expected a duration such as 90s, 5m or 1h30m, found '{result.Tokens[0].Value}'"),
    };
}
