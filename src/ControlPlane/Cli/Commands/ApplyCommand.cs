using System.CommandLine;
using System.Net.Http.Headers;
using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm apply</c>: sends manifests as they are; the control plane checks them.</summary>
internal static class ApplyCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Option<string[]> files = new("--filename", "-f")
        {
            Description = "Manifest, directory of manifests (*.yaml, *.yml, *.json), or - for standard input",
            HelpName = "FILE|DIR|-",
            Required = true,
        };
        Option<bool> dryRun = new("--dry-run") { Description = "Store nothing; show what would change on which device, and in which wave" };
        Command command = new("apply", "Create or change what manifests describe") { files, dryRun };
        command.SetAction(run(async (context, parsed, cancellation) =>
        {
            IReadOnlyList<ManifestFile> manifests = [.. parsed.GetValue(files)!.SelectMany(path => ManifestFile.Find(path, context.Terminal.In))];
            List<ApplyResult> results = [];
            try
            {
                foreach (ManifestFile manifest in manifests)
                {
                    IReadOnlyList<ApplyResult> applied = await ApplyAsync(context, manifest, parsed.GetValue(dryRun), cancellation);
                    results.AddRange(applied);
                    WriteLines(context, applied, parsed.GetValue(dryRun));
                }
            }
            finally
            {
                // Also what was applied before a document that is refused.
                if (context.IsJson && results.Count > 0)
                {
                    await context.Terminal.Out.WriteLineAsync(Json.Write(new ListView<ApplyResult>(results), Json.Indented.ListViewApplyResult));
                }
            }

            return ExitCode.Success;
        }));
        return command;
    }

    private static async Task<IReadOnlyList<ApplyResult>> ApplyAsync(
        CliContext context, ManifestFile manifest, bool dryRun, CancellationToken cancellation)
    {
        using ByteArrayContent content = new(manifest.Content);
        content.Headers.ContentType = new MediaTypeHeaderValue(manifest.IsJson ? "application/json" : "application/yaml");
        string path = dryRun ? ApiPaths.Apply + "?dryRun=true" : ApiPaths.Apply;
        try
        {
            return (await context.Api.PostAsync(path, content, ApiJsonContext.Default.ListViewApplyResult, cancellation)).Items;
        }
        catch (ApiException e) when (!context.IsJson)
        {
            throw new ApiException(e.Problem with
            {
                Detail = $"{manifest.Name}: {e.Problem.Detail ?? e.Problem.Title}",
                Errors = e.Problem.Errors?.Select(error => error with { Field = $"{manifest.Name}: {error.Field}" }).ToArray(),
            });
        }
    }

    private static void WriteLines(CliContext context, IReadOnlyList<ApplyResult> results, bool dryRun)
    {
        foreach (ApplyResult result in context.IsJson ? [] : results)
        {
            string devices = result.Devices.Count switch
            {
                0 => "selects no device",
                1 => "selects 1 device",
                int count => $"selects {count} devices",
            };
            string line = $"{result.Kind.ToLowerInvariant()}/{result.Name} {result.Action}, revision {result.Revision}, {devices}";
            context.Terminal.Out.WriteLine(Terminal.Safe(dryRun ? line + " (dry run)" : line));
            WritePlan(context, result);
        }
    }

    /// <summary>What a dry run found out.</summary>
    private static void WritePlan(CliContext context, ApplyResult result)
    {
        foreach (string change in result.Changes ?? [])
        {
            context.Terminal.Out.WriteLine(Terminal.Safe($"  {change}"));
        }

        if (result.Plan is not { Count: > 0 } plan)
        {
            return;
        }

        Table table = new(new("DEVICE"), new("STATUS"), new("WAVE"), new("CHANGE"));
        foreach (PlannedDeviceView device in plan)
        {
            Cell status = device.Online ? new Cell("online", Colour.Green) : new Cell("offline", Colour.Yellow);
            table.Add(device.Device, status, device.Wave.Length == 0 ? "-" : device.Wave, device.Change);
        }

        table.Write(context.Terminal, "");
    }
}
