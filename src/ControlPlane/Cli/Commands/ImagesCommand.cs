using System.CommandLine;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Commands;

/// <summary><c>mvm images</c>: lists images; <c>mvm images push</c> is beside it.</summary>
internal static class ImagesCommand
{
    private const int ShownDigestCharacters = 19;

    /// <summary>Creates the command.</summary>
    public static Command Create(Func<CommandAction, Func<ParseResult, CancellationToken, Task<int>>> run)
    {
        Command command = new("images", "List images");
        command.Aliases.Add("image");
        command.Subcommands.Add(ImagesPushCommand.Create(run));
        command.SetAction(run(async (context, _, cancellation) =>
        {
            Write(context, (await context.Api.GetAsync(ApiPaths.Images, ApiJsonContext.Default.ListViewImageView, cancellation)).Value);
            return ExitCode.Success;
        }));
        return command;
    }

    /// <summary>Bytes of all its file systems; one that platforms share counts once.</summary>
    internal static ulong SizeBytes(ImageView image) =>
        image.Platforms.DistinctBy(static platform => platform.Digest).Aggregate(0UL, static (sum, platform) => sum + platform.SizeBytes);

    private static void Write(CliContext context, ListView<ImageView> images)
    {
        if (context.IsJson)
        {
            context.Terminal.Out.WriteLine(Json.Write(images, Json.Indented.ListViewImageView));
            return;
        }

        Table table = new(new("IMAGE"), new("DIGEST"), new("PLATFORMS"), new("SIZE", true), new("PUSHED", true), new("RUNS"));
        foreach (ImageView image in images.Items)
        {
            table.Add(
                image.Name,
                image.Digest.Length > ShownDigestCharacters ? image.Digest[..ShownDigestCharacters] : image.Digest,
                string.Join(',', image.Platforms.Select(static platform => platform.Platform)),
                Quantity.Bytes(SizeBytes(image)),
                Quantity.Age(image.CreatedAt, context.Time.GetUtcNow()) + " ago",
                image.Platforms is [{ } first, ..] ? string.Join(' ', first.Entrypoint.Concat(first.Cmd)) : "");
        }

        table.Write(context.Terminal, "No images.");
    }
}
