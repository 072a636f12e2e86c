namespace MicroVm.Vmm.Control.Requests;

/// <summary>Reads "balloon" and the requests that change one that exists.</summary>
internal static class BalloonConfigReader
{
    private static readonly string[] s_fields =
        ["amount_mib", "deflate_on_oom", "stats_polling_interval_s", "free_page_hinting", "free_page_reporting"];

    private static readonly string[] s_amountFields = ["amount_mib"];
    private static readonly string[] s_startFields = ["acknowledge_on_stop"];
    private static readonly string[] s_intervalFields = ["stats_polling_interval_s"];

    /// <exception cref="VmConfigException">A field is unknown, twice, missing, or out of range.</exception>
    internal static BalloonConfig Read(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? amount = null, deflates = null;
        var config = new BalloonConfig(0, false);
        while (cursor.NextField(ref scope, s_fields, out string name))
        {
            switch (name)
            {
                case "amount_mib":
                    amount = name;
                    config = config with { AmountMib = ReadAmount(ref cursor) };
                    break;
                case "deflate_on_oom":
                    deflates = name;
                    config = config with { DeflateOnOom = cursor.ReadBoolean() };
                    break;
                case "stats_polling_interval_s":
                    config = config with { StatsPollingIntervalSeconds = ReadInterval(ref cursor) };
                    break;
                case "free_page_reporting":
                    config = config with { FreePageReporting = cursor.ReadBoolean() };
                    break;
                default:
                    config = config with { FreePageHinting = cursor.ReadBoolean() };
                    break;
            }
        }

        cursor.Required(amount, scope, "amount_mib");
        cursor.Required(deflates, scope, "deflate_on_oom");
        return config;
    }

    /// <summary>Reads the new amount, in MiB.</summary>
    /// <exception cref="VmConfigException">It is missing, out of range, or not alone.</exception>
    internal static int ReadAmountUpdate(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? field = null;
        int amountMib = 0;
        while (cursor.NextField(ref scope, s_amountFields, out string name))
        {
            field = name;
            amountMib = ReadAmount(ref cursor);
        }

        cursor.Required(field, scope, "amount_mib");
        return amountMib;
    }

    /// <summary>Reads the new interval of statistics, in seconds.</summary>
    /// <exception cref="VmConfigException">It is missing, out of range, or not alone.</exception>
    internal static int ReadIntervalUpdate(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? field = null;
        int seconds = 0;
        while (cursor.NextField(ref scope, s_intervalFields, out string name))
        {
            field = name;
            seconds = ReadInterval(ref cursor);
        }

        cursor.Required(field, scope, "stats_polling_interval_s");
        return seconds;
    }

    /// <summary>Reads whether a hinting run ends by itself; it does when nothing is said.</summary>
    /// <exception cref="VmConfigException">Something else is there.</exception>
    internal static bool ReadHintingStart(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        bool acknowledges = true;
        while (cursor.NextField(ref scope, s_startFields, out _))
        {
            acknowledges = cursor.ReadBoolean();
        }

        return acknowledges;
    }

    private static int ReadAmount(ref JsonCursor cursor) => (int)cursor.ReadInteger(0, MachineConfig.MaxMemSizeMib);

    private static int ReadInterval(ref JsonCursor cursor) => (int)cursor.ReadInteger(0, BalloonConfig.MaxIntervalSeconds);
}
