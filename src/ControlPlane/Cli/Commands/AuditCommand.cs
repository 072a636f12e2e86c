using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm audit</c>.</summary>
internal static class AuditCommand
{
    private const int DigestCharacters = 19;

    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Option<long> after = new("--after") { Description = "Only entries behind this one", HelpName = "ID" };
        Option<int> limit = new("--limit") { Description = "Most entries", HelpName = "N", DefaultValueFactory = static _ => 1000 };
        Command command = new("audit", "Show what was changed by whom, oldest first") { after, limit };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            ListView<AuditView> entries = (await context.Api.GetAsync(
                $"{ApiPaths.Audit}?after={parsed.GetValue(after)}&limit={parsed.GetValue(limit)}",
                ApiJsonContext.Default.ListViewAuditView,
                cancellation)).Value;
            if (context.IsJson)
            {
                context.Terminal.Out.WriteLine(Json.Write(entries, Json.Indented.ListViewAuditView));
                return ExitCode.Success;
            }

            Table table = new(
                new("ID", true), new("AT"), new("ACTOR"), new("ROLE"), new("VERB"), new("STATUS", true), new("OBJECT"), new("BEFORE"), new("AFTER"));
            foreach (AuditView entry in entries.Items)
            {
                table.Add(
                    $"{entry.Id}", $"{entry.At:u}", entry.Actor, entry.Role, entry.Verb, $"{entry.Status}", entry.Object, Cut(entry.Before), Cut(entry.After));
            }

            table.Write(context.Terminal, "Nothing was changed.");
            return ExitCode.Success;
        }));
        return command;
    }

    private static string Cut(string? digest) => digest is null ? "" : digest[..Math.Min(digest.Length, DigestCharacters)];
}
