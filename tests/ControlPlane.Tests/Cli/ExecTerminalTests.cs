using System.Diagnostics;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.ControlPlane.Tests.Sessions;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Sessions;
using MicroVm.TestKit;

namespace MicroVm.ControlPlane.Tests.Cli;

/// <summary><c>mvm exec -it</c> as a process of its own at a pseudo terminal, which script(1) makes.</summary>
public sealed class ExecTerminalTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    /// <summary>How the session ends: by the program, by a signal to mvm, or because the guest is gone.</summary>
    [Theory]
    [InlineData("closed", 7)]
    [InlineData("signal", 130)]
    [InlineData("lost", 1)]
    public async Task Exec_AtATerminal_PassesKeysAndSizesAndGivesTheModeBack(string end, int code)
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        await using AgentSessions agent = await AgentSessions.StartAsync(controlPlane);
        using Process script = Start(controlPlane);
        LineLog output = new("script");
        Task reading = output.ReadAsync(script.StandardOutput.BaseStream);
        (SessionChannel init, SessionOpen open) = await agent.Guest.TakeAsync().Within("session at the guest");

        await init.SayAsync(SessionFrameKind.Opened);
        await init.SayAsync(SessionFrameKind.Output, "ready\n\x1b[1mraw\n");
        await output.WaitForAsync("raw", s_limit);
        await script.StandardInput.WriteAsync("\x03\x1ax");
        await script.StandardInput.FlushAsync();
        string keys = "";
        while (keys.Length < 3)
        {
            keys += await init.HearAsync(SessionFrameKind.Input);
        }

        await ResizeAsync((await output.WaitForAsync("/dev/pts/", s_limit)).Trim());
        // stty may set rows and columns one after the other, which are two changes of size.
        SessionFrame resize = await init.NextAsync();
        if (BitConverter.ToString(resize.Content.ToArray()) == "00-28-00-4D")
        {
            resize = await init.NextAsync();
        }

        Assert.Equal((SessionFrameKind.Resize, "00-28-00-5A"), (resize.Kind, BitConverter.ToString(resize.Content.ToArray())));
        switch (end)
        {
            case "closed":
                await init.SendAsync(SessionFrameKind.Closed, new SessionClosed(7).Encode(), default);
                break;
            case "signal":
                using (Process mvm = Process.GetProcessById(int.Parse((await output.WaitForAsync("pid=", s_limit)).Trim()["pid=".Length..])))
                {
                    mvm.Send("TERM");
                }

                break;
            default:
                await init.DisposeAsync();
                break;
        }

        await output.WaitForAsync("isig", s_limit);
        script.StandardInput.Close();
        await script.WaitForExitAsync().Within("end of script");
        await reading;
        string all = string.Join(' ', output.Snapshot());

        Assert.Equal("\x03\x1ax", keys);
        Assert.Equal((true, 33, 77, "xterm"), (open.Terminal, open.Rows, open.Columns, open.Environment["TERM"]));
        Assert.Contains($"code={code}", all, StringComparison.Ordinal);
        Assert.Matches(@"(^|\s)isig icanon .*(^|\s)echo\s", all.Replace('\r', ' '));
    }

    private static Process Start(RunningControlPlane controlPlane)
    {
        string mvm = Path.Combine(AppContext.BaseDirectory, "mvm.dll");
        string shell = $"tty; stty rows 33 cols 77; sh -c 'echo pid=$$; exec dotnet {mvm} exec -it edge-1/hello -- sh'; echo code=$?; stty -a";
        ProcessStartInfo info = new("script", ["-q", "-e", "-c", shell, "/dev/null"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        info.Environment["MVM_SERVER"] = controlPlane.Address.ToString();
        info.Environment["MVM_TOKEN"] = controlPlane.AdminToken;
        info.Environment["MVM_CA"] = controlPlane.AuthorityFile;
        info.Environment["TERM"] = "xterm";
        info.Environment["NO_COLOR"] = "1";
        return Process.Start(info)!;
    }

    private static async Task ResizeAsync(string terminal)
    {
        using Process stty = Process.Start("stty", ["-F", terminal, "rows", "40", "cols", "90"]);
        await stty.WaitForExitAsync().Within("stty");
        Assert.Equal(0, stty.ExitCode);
    }
}
