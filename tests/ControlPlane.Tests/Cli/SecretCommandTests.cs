using MicroVm.Shared.Contracts.Api;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.ControlPlane.Tests.Cli;

public sealed class SecretCommandTests
{
    private static readonly SecretView s_secret = new("password", 3, 7, DateTimeOffset.UtcNow.AddMinutes(-5));

    [Fact]
    public async Task Set_FromStandardInput_SendsEveryByteOfItAndShowsNone()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(s_secret, ApiJsonContext.Default.SecretView);

        CliRun run = await CliRun.WithInputAsync(server.Url, "hunter2\n", "secret", "set", "password");

        Assert.Equal((0, "secret/password is version 3, 7 bytes\n"), (run.Code, run.Out));
        ReceivedRequest sent = Assert.Single(server.Received);
        Assert.Equal(("PUT", "/api/v1/secrets/password", "hunter2\n"), (sent.Method, sent.Path, sent.Text));
    }

    [Fact]
    public async Task Set_FromAFile_SendsItsBytes()
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, [0, 255, 10]);
            await using FakeControlPlane server = await FakeControlPlane.StartAsync(s_secret, ApiJsonContext.Default.SecretView);

            await CliRun.OfAsync(server.Url, "secret", "set", "password", "--from-file", file);

            Assert.Equal([0, 255, 10], Assert.Single(server.Received).Body);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public async Task Set_NothingOrTooMuch_IsAWrongCommandLine(string? input)
    {
        CliRun run = await CliRun.WithInputAsync("https://127.0.0.1:1", input ?? new string('x', 40_000), "secret", "set", "password");

        Assert.Equal(2, run.Code);
        Assert.Contains("expected 1 to 32768 bytes", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_ShowsNoValues()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(new ListView<SecretView>([s_secret]), ApiJsonContext.Default.ListViewSecretView);

        CliRun run = await CliRun.InTimeAsync(server.Url, new FakeTimeProvider(s_secret.UpdatedAt.AddMinutes(5)), "secret", "list");

        Assert.Equal(["SECRET    VERSION  BYTES       SET", "password        3      7  5m0s ago"], run.OutLines);
    }

    [Fact]
    public async Task Delete_DeletesTheOne()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync((_, response) =>
        {
            response.StatusCode = 204;
            return Task.CompletedTask;
        });

        CliRun run = await CliRun.OfAsync(server.Url, "secret", "delete", "password");

        Assert.Equal((0, "secret/password deleted\n"), (run.Code, run.Out));
        Assert.Equal(("DELETE", "/api/v1/secrets/password"), (Assert.Single(server.Received).Method, server.Received[0].Path));
    }
}
