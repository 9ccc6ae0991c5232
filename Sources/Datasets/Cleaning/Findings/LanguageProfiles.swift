// Written by Tests/Fixtures/cleaning/make_language_profiles.py from languages.txt beside it; not by hand.

/// The frequent trigrams of a language's words, most frequent first, `_` for the edge of a word.
struct LanguageProfile: Sendable {
  let language: Language
  /// How many trigrams have less than 6, 7, ... bits, -log2 of their share.
  let steps: [Int]
  let trigrams: String

  static let firstBits = 6

  static let latin: [LanguageProfile] = [
    LanguageProfile(
      language: .english, steps: [3, 8, 30, 104, 256, 500, 500],
      trigrams: """
        _ththehe_er_nd__anng_ing_beand_ofre_her_whst_of__to_heen_on__a__inat_ionse__cois_le_me_ver_ha_wein_ll_\
        nt_tio_wi_woentld_to_ve__itan_ce_ereomeow_thi_fo_li_mo_se_so_waay_es_eveut__ar_ca_is_ma_sh_yoforghthat\
        houht_ighit_oulounreary_uldyou_do_ho_la_re_stas_ch_eared__al_ne_prad_ainalleseesthinivenceor_othpleth_\
        thawhi_ab_di_ev_ex_go_hi_i__lo_no_sa_suanyar_areavebe_couellet_ge_ithns_ougouroutsomturughuntwitwor_bo\
        _ch_fa_fe_fi_on_pl_siaboameantardboucomeadeeneryfeegh_hishowindir_lealy_menne_notny_oneonsostou_ressen\
        tante_terthots_uctundur_ureusewerwhewin_ag_as_at_bu_de_fr_kn_le_me_mu_qu_te_tr_tw_un_usagaartaseastati\
        blectiderdinds_easeatee_eirendew_ey_gaihanhavheaheihichilichid_illinsintitekinks_malmanmorndenowookork\
        ortoveplaprord_renrs_rt_rtashostastistrtrytwoustwaswo__cl_da_en_ga_gi_ni_ou_pa_ri_ta_ve_wrablaidal_ang\
        aniansappargateathbeebesbetbutcanchact_daydesdowduceelenceraersethexaffehadhashenheshimiceimpincittity\
        ke_knolarlitlivllelowls_mosmplnewngeninnstntentontrod_oduoffok_ollom_oodoreot_ownperporranreergeritrk_\
        rodrouseesheshitenthrtiltletrattlty_uchveswaywe_welwhawhowilwn_wouwri_af_ba_ci_cu_ea_fu_ge_gr_if_im_ki\
        _my_na_nu_or_pe_pi_po_pu_sc_sk_sm_yeackageakealkalsampancanoarkarraskausbacbecbefbegberbotcalcarcauchi\
        citck_clecolcrictucusde_dendiddifdisdo_doedredy_ecaecoecteetefoegaelpeneescessettfatferfinfivfolfoufra\
        froft_ftegangesgetgivgoogregs_haphelheyhighipho_hoshroibeictif_iffil_ildileim_imaimeineinkitsizelaslat\
        layldrleslinllolonloolp_luemakmarmbemesmetmonmotmpomucmusmy_namnednevney
        """),
    LanguageProfile(
      language: .german, steps: [2, 9, 49, 147, 346, 500, 500],
      trigrams: """
        en_er_einch_ie_nd__de_di_si_eiine_da_underdieichin__wite__wees__anten_ihas_denschund_al_ge_hadasgenhr_\
        hremanndenn_siesteter_seandchechtem_ielnenwei_es_ma_stan_anneseihrindit_le_ne_re_ser_be_er_ni_sc_vi_wo\
        _zuassberei_ht_ierllessest_vie_au_je_ka_le_mi_so_sp_vo_wa_zwabeaufbende_eitereheniesistkeingeochollren\
        rt_senttetztungwirähr_du_fr_ic_im_in_is_keallalsdemel_eleendeutfenge_hathe_ir_mitnerng_nicnigor_rderge\
        seisolss_unsutevorwaswenwiezt_zwe_ab_am_fü_gr_he_ja_ko_me_mo_noachahram_ausdesehrelcemaennfrafähhabhl_\
        ig_im_jahklelchleils_lt_ltemornemniennenocnteohlon_orgpierchrtese_sehsicsinspiuchuf_um_ur_welwohübe_bi\
        _do_en_fä_gi_gu_hi_ju_ki_kl_kö_la_mu_mü_na_ne_nu_ob_od_sa_ta_tr_um_wä_wüadtageangar_at_attaueaßebeibes\
        bt_bwochodardt_duredeeheehteiselteneenienkersertestetzft_fürgelgergewgruguthauhiehnehonhrthtsiedihnill\
        inginiirdisciteitzjemjunkankaukenkinkomkönlanlaslenlesleull_lltmeimmemüsnacneunktns_nsenurobwodeommonn\
        ortrauraßrd_reirotrstrunrübsagsessitso_stastrtadtehtrats_uenufeuftunkunturcus_ut_warwilwiswolworwähwür\
        zu_zurße_önnürdüss_ac_ar_bl_br_bu_bü_dr_eb_et_eu_fe_fi_fl_fo_fu_ga_hu_hä_hö_kr_kä_lä_oh_pa_pu_re_ri_ru\
        _ti_uh_va_ve_wu_ze_äp_übab_adeaffaftag_agtalbaltamianfantanwarbarfarkartarüascateau_aucbegbevbisbitbla\
        brobstbucbürchachrchöchückkda_damdandeidicdindocdordredu_dunebeebtechee_efäeg_egaegeegieibeileißelbeld\
        elfemdensenteraerdergerlernerueräeshesset_ettetweu_euceueevoeweewofanfeefelffefinflafolfreftefunfüngan\
        gargefgeggehgesgibgiegingkegrogt_gtehafhalhelhemherheuhm_hn_htehtihunhäl
        """),
    LanguageProfile(
      language: .french, steps: [1, 9, 62, 152, 344, 500, 500],
      trigrams: """
        es__de_lent__qure_le_it_ne__unns__av_la_peienis_la_que_nolle_ilantde_en_enteurtre_au_enaitestil_maion_\
        ur_us__ce_es_ma_voaisouvst_ue_une_a__et_paau_daner_et_ir_leummenouoiroussonun_ux_voi_ch_po_so_trainans\
        eauelleuxin_lesontqu_ui__co_da_jeavaavedu_ez_me_ommonsoutraise_ut_uve_d__on_sa_se_toautavocheendparqui\
        rs_te_uelure_al_ca_du_el_fa_fe_ja_me_ne_vi_étaieandassbiece_comdeselqeraersillionireje_joulqumesnneonn\
        ourpeupoupuisessi_ssitouuisutrvaivanvervezvouès__ai_ar_as_bi_c__di_gr_he_li_mo_n__pl_su_ta_ve_à_allama\
        ar_arcbouchodeuec_eilemaencenfensetiettfaifangenheuhiehosierjammenmonnd_ndanesnfanteomboseotrpenperpet\
        pluresrivrèssistaitiotittrauitveavecéta_ac_ap_bo_do_ge_ho_hu_jo_l__lu_mê_nu_ou_où_pr_pu_re_ri_ru_si_tu\
        _y__écachageagnardarrartas_aucblebrecarcescetchici_ctidebdemdepderdevdirdoneboemiemmepuerneu_eunfemgra\
        homhuiiciilsinsiseisoivaivejeulerlléls_luilusmarmatmbrmeimêmndenotnsentrntsnéeoncortos_ou_oupoù_paspe_\
        porquara_ranravrchrd_reurierourrirsort_ruesaisavsersurtentestrotrèts_ttetu_té_uanuesujoursuteuvovievon\
        èreée_êmeêtr_an_be_bl_bu_dè_ea_eû_fi_fo_fr_ga_go_gu_hi_ic_in_j__là_mè_pè_ra_ré_s__t__te_él_éq_êtablade\
        aféai_aidailairaloannappapraquargarlatcatiaujausauxaysbeabonburcadcafcelcerceuch_chèchéconcorcoucoûcri\
        cuncé_daideadinditdraduidèselaeleemeempenaenvenêerderretéeueeuseuteveevievreûtfaufenferfinfonfrofé_gag\
        ge_gesgnegnégougroguehelhemhenhethezhèthé_ideie_ieuineintinéipeiroisaiteivrivéjarlaqlezlirlislivloilor\
        luplà_lèvlé_lésma_magmbimiemismpsmèrnannc_ncenconctncéndrndunemnetnienné
        """),
    LanguageProfile(
      language: .spanish, steps: [0, 13, 44, 133, 356, 500, 500],
      trigrams: """
        _es_deos_as_es_est_lade_do_que_hala_ue__quna__el_uner_ra__poel_entienía__ca_co_paen_ntetra_melo_no_sta\
        una_al_en_lo_se_y_an_antro_te__a__mu_nu_pe_sior_re_to__ma_mi_no_ot_pr_su_ta_to_veadoconlasotrsa_ta_tod\
        _cu_le_ni_tral_alganada_dosellempeneeragunle_nosntontron_perporressu_tesues_an_do_ho_te_ti_viabaar_asa\
        bieca_caschodebdíaebeidojo_lgullalosmermo_másnasntaparpo_puerasríastostátietrouieun_uncás_ño__añ_di_dí\
        _fu_má_na_puadaaleay_añaañobe_brecalciocomdeldesejoequeroha_habhachayho_iemierimeionjorllellome_mejmie\
        mprncandonernesniñnuenunodaodoonaontpodprepriquiranrimse_si_so_tadtantentretá_unouraverños_aq_au_ay_bi\
        _du_em_er_ge_go_gr_li_ll_lu_mo_o__pi_re_sa_so_élabíaceaciadrajoallamiandaquaraardartaunayoaísbajbanber\
        bíacadcamcescirco_cuacuádasdecdemdijdredureciedoegaeníereernerreríesaescesdesoespevoez_eñofuegengo_gob\
        guihanhomhoria_ijoin_inainoir_iñojerlegmanmaymañmbrmenmismosmpempomucmujmuynadndene_nquníaobiochocoode\
        ombomponeoraorqpaspaípeqpezpiepocquírabrarregrnorquró_sadsdesersidsinsonspustestrsí_tastosuanuchudaued\
        uevueñugaujeunquy_uí_venvezvidvo_yorél_és_ís_ñan_ad_ag_ah_as_az_bo_ci_có_dó_e__eq_fi_fo_ga_gu_he_hi_in\
        _ja_ju_jó_oc_of_os_oí_ra_sé_sí_só_us_va_vo_ya_yo_úlabeablad_adeaféaguahoaloambameamoanoanzanóarlaríasi\
        asoastasíavéayeayuazaazuazóba_besbiéblabotbrocafccice_cercheciacinciucorcoscríctactocuecurcómdaddarden\
        derdiadiddindiodonducdíndónea_eceechected_edeedieeregoegreguegúemaemoemáencenoensercerderseráeseesieza\
        ezóeíaficfinforfunfé_ga_gabgalgangargragrugróguaguegúnhashe_hechizhoshoy
        """),
    LanguageProfile(
      language: .italian, steps: [0, 8, 45, 147, 362, 500, 500],
      trigrams: """
        la__quto_no__dere__cole_ellne_ra__aldelllaquaro_te__la_se_unchehe_na__ch_dodi_questata__e__le_pa_peent\
        lo_on_per_di_no_st_su_è_ni_sa_ti__an_ca_gi_il_ma_ne_siil_mo_tro_da_ha_pi_po_soannavecosel_ereestgioli_\
        llema_trattoun__av_in_lo_mo_nu_pral_allandatocomconei_evagliia_imain_io_nonottparse_strttiualuesunava_\
        van_du_me_mi_tu_viai_altamoareartccochida_dovesseteha_iamlorltrminnnontintontroi_oloonooroosspo_pospri\
        rimsi_siaso_tutuanue_uelui_uttvo__ba_be_ci_fi_fu_sa_ta_tr_veadralcambancaneanoantattazzbambbebincamci_\
        daldomduedutebbecceduempeneer_ercersfinggiiciinainoioriù_maimanmbimolmprndonelnuooltomaoraosaostovaove\
        ovopiùrebrsortesedsontattreua_uovve_vervetvevza__ai_ec_er_es_fa_fe_gr_i__l__li_lu_og_op_or_pu_ra_sc_te\
        _ti_uo_vuadaagaaggaleammaniardarlasaataavaavobe_bencasce_chéciaco_colcunde_dendevdo_dondreeggegleraett\
        gazggeguehanhi_hé_iariccienietiglincindineiniioniovivaivelculegleilloltiltoluimagmatmenmi_mmimponchnci\
        ndenesnninteognoleomiomoomponnontopporeornovrpicppupraprepurquiradragrcarchrdiri_rivrnosarsensolssassi\
        ssosu_sulsuotartemtimtivtteullunouo_uomureutautovinvolvrevuoziozza_a__ab_ac_ad_ar_at_bi_bl_bo_bu_c__cu\
        _eg_fo_fr_ge_gl_go_gu_io_is_là_lì_ni_o__ot_re_ri_sq_to_uf_ul_voabbacqad_aesaffagnaiualaalialoamaamiana\
        apearnarraràateaurbbibelberbiabisblubotbrobuica_cafcalcancatcavccecchcesciocircitciòcorcqucricuidatdav\
        degdeiderdetdiedindirdopdosdotdraduneceeciedeediegaegueleelienoensenzerneroerreròeseetreveevofarfatfec\
        felffiffèficforfrafunfuofurfè_galgengergevgi_giagiugiàgnagnegnigovgragru
        """),
    LanguageProfile(
      language: .portuguese, steps: [1, 10, 53, 125, 339, 500, 500],
      trigrams: """
        as__es_dequeestos__qude_es__sera_ão__co_me_o_em__pedo_eleer__noelaia_to_ue_uma_al_poam_da_ma_sta_a__e_\
        _el_ou_te_umcomeu_nossa__aq_maaquessinhla_no_ou_quariase__ca_da_en_pa_voalgentevelgunhassota_um_ve__an\
        _as_di_do_mu_nu_toantdasitole_leslhenteoutpelro_stete_testodtraua_uanutrém__ho_na_nã_tiadaanharacridel\
        deveraescgumna_ntonãoocêomeontoraossparpodquiso_ssassetãouelverviavoc_ao_cr_em_er_fe_fo_is_lh_li_ne_pr\
        _so_tu_veandanoançar_avacadconcê_desdosequguéhamhorianis_isaisslaslholo_maimanmasminmo_mosmuindeninnta\
        ntrnumnçaodaodeoisom_or_po_porramre_resseusobstátemtrotá_uasui_uituémven_ac_at_be_du_eu_fa_fu_ga_gr_ha\
        _há_ja_jo_já_mi_on_ru_su_ta_tr_vi_à__às_é_adoai_aisal_amiamoao_ardariasaavibembreca_camcascoidemdiadua\
        eirelheloempenienoenqensercesdeusez_foiha_hashavhe_herho_homhouhá_hã_im_iroiveizejá_me_melmemmenmesmeu\
        meçmpomprmulnadncandonhonhãnovnquns_ntãoasobrodooi_oitompondorqouvoveovopeqperpesposprorcarderqurrarua\
        rá_sasscrsdesemsensersoastostãsuatamtartastavtertevtintivtreualuenuerulhuncus_uveva_vamvo_zeràs_ças_ag\
        _ai_aj_am_az_br_ce_ch_ci_cu_cã_eq_fi_go_gu_in_le_lo_mo_mã_ni_nó_oi_os_pã_pé_ra_re_sa_si_sã_só_tê_va_vã\
        _xí_ág_úlabaabeachacoadeafaaféagoainaioajualaalhalialualéamaambanaaneaosarrartatratéavéazeazuazãaçãaís\
        balberborbribémcafcarcavcerceuchachecidcioco_corcrecurcuscãocêsdaddardeidepderdeudimdindisdizdutdíaece\
        edoefoegaeguei_eijeiteixeliemaembemoencenhepoerdereergeriernerreráesaeseesmespetaevaeçaeçofa_falfazfei\
        felfezfimfonforfuifunfé_ga_gangargo_gorgovgragruguagueguigunhegheiheshum
        """),
    LanguageProfile(
      language: .dutch, steps: [1, 10, 48, 137, 329, 500, 500],
      trigrams: """
        en_er__heet__dede__we_waan_at_eenhet_eeaargenij_ndear_den_moderoorwee_en_va_zieerel_in_te__al_ko_meand\
        it_nd_ter_be_da_ma_ni_teindis_nieor_vanze__di_ha_hi_ho_hu_on_st_wi_zoaateeleinie_renstewelzij_er_ge_in\
        _is_la_na_vo_zeas_chtdatereheeietijningjn_manmoengeondraaverwatwij_aa_an_do_ie_ik_ka_no_om_to_tw_u__ve\
        _vi_woaanad_antedeezehijhoehunijdik_je_kt_le_llemaamenng_nneoetom_ooiordou_overgest_statentweun_voowe_\
        zou_ja_je_jo_oo_ov_vraakachal_allatedezdiedooee_eefeftelkemaenserkesteteetseweft_haahadht_iemierjd_kan\
        komlkels_metmornaanenns_nt_ochoedog_oitongorgpensenstrtijts_uisuw_veewaawanwaswer_ac_ap_bl_bo_dr_gi_go\
        _gr_ki_kl_ku_le_lo_mi_of_op_re_sc_sp_ti_tu_uuaagaasaddadeaf_ag_aktalsapparebbebegbendaadanddeditebbed_\
        eesegeek_eldeleendergerlerserwes_euwevegeegewgingoegrohebhemhiehtehuiieuig_ijfijliniistjarjf_jl_jonke_\
        kinklekopkunleileslt_meemijnignkenognoonsenzeoenoewof_omeon_onsonzoonop_opeoreot_oudouwpeerdere_rijrkt\
        rloroorourstrwischspetaatadtoetratreunnur_uuruwevinvroweiwilwooworzit_ba_bi_br_ca_du_ei_fl_ga_ji_ju_nu\
        _ou_pl_pr_ra_si_so_ta_tr_ui_zaaamafeageagtak_altalvam_anaangannanwaraarkaroastatsau_auwbanbehbelberbes\
        betbijblabliboebovbrocadch_chochrdagdeadindondradrids_dstdt_duseauedseedeekeeteg_eggegiegoehaei_ektelf\
        elpelseltem_emdenkenoep_erderierteruewofelffifieflegafge_gelgergevggegisgongt_halhelhenhonhoohorhriied\
        ienijzilliltintjaajdejijjoujuijzikaakelkenkerkockofkonkosktelaaladlanlaslatlauld_ldeleelenlezlf_lgelij\
        linlk_loeloglooloplorlpeltilvemarmd_mdame_mogmooms_mt_na_nacnafndandsnee
        """),
    LanguageProfile(
      language: .swedish, steps: [3, 10, 38, 118, 319, 500, 500],
      trigrams: """
        en__deet_an_ar_er__hade_är__vi_vadetta_om_ra_geningtt__ocdenvar_en_fö_in_me_nå_sich_förngenågochte_år_\
        _i__skstaör__al_hä_ko_stadeag_attillll_lleor_rdevilågo_bl_hu_ma_mo_tiallav_gonhanharhärig_in_innittka_\
        kanketngannaon__an_at_av_bo_bö_fr_ga_ja_ka_må_om_på_so_un_ärandbörckeennga_gergetgårhenigeilkjagllaman\
        medna_ndeng_ordpå_re_rigsitsomstetentilungvinyck_ba_br_bä_du_el_fi_fl_gå_he_lä_my_pr_se_tv_ve_våad_ara\
        atabarblickadanderdu_ed_edaelleraes_frågrahadickid_jorkomkulla_lanle_lerlkemermmamormycnd_nennnens_nt_\
        ommorgot_pp_retrinsinskaskutertortrettattetvåullundvervi_vå_vårännågr_da_dä_fa_få_ge_gj_ho_ig_kr_ku_kv\
        _kö_la_li_mi_mä_ny_nä_os_re_rä_sa_sp_sv_sä_tr_ut_än_åraldannariarnas_at_borbrack_dagdemdesdridäregeem_\
        enoenteriettfingargatge_gjogothonhurhusintir_iskit_itekerkorkriktekunkviköpldrlevlirlitläsmenmigmmemän\
        månmåsnatnesninnisnninnsnomntenu_närockontostpa_rasratrförgergoritrjart_rädrånsa_senskoståsägså_tadtår\
        uppur_vadvetvidän_ästättån_ångårtåstörj_ar_be_då_ef_et_fu_gi_gl_gr_gö_hi_hj_hå_hö_ib_kl_le_mö_na_ni_nu\
        _of_on_pe_po_pu_ri_sl_så_to_ty_tå_up_vä_äp_äv_åt_övadaaffageakaakeal_am_ammanlansanvarbarearfaskastatc\
        bakberbetblableblåbokbotbröbärbäsbätchecksda_dd_dgådnidradredukdå_eckedneftefäektelaeleenaengergernese\
        essestetaeteev_evefarfasfe_ffeficflafleflifraftaftefunfärfå_fårfölföngamgavgefgicglagorgrugs_görha_hit\
        hjähunhänhålhöriblimmindisnistiv_jadjanjarjkejälkafkalke_kenkjoklokonkopkoskr_ksåladlaglarlaslbaledlek\
        lenlesli_licljalkallblltlneloclorlpaltilutlänlå_ma_malmarmatmelmolmotmör
        """),
    LanguageProfile(
      language: .danish, steps: [4, 13, 50, 123, 303, 500, 500],
      trigrams: """
        er_en_et__dede_gendernde_ha_medetllete__en_hv_vian_denle_or_ge__i__og_si_tiandes_nd_ngeog_år_ar_igeind\
        ingne_nnere_vil_al_ma_no_skem_enderemannogstevor_bl_er_he_ined_egeennforgetig_il_ng_ogerestil_af_an_fo\
        _ga_hu_ka_ko_mo_toaf_at_hanhvihvoilllerom_vinære_at_be_bø_da_je_ku_på_se_st_va_ve_væallbørdt_eg_harhav\
        henilkjegke_kunlkemegmenmermmeordpå_rderetrigse_sidtetun_vervær_bo_du_el_fø_go_ig_kø_mi_om_so_unad_ade\
        angavdblidredu_elleneftegergodhunivejorkanketkkekomkrilivmedmorndtnemod_ommorergerinrnesigskesomså_ter\
        to_tortteundvarvdevedvi_ør__ba_by_di_ef_et_fi_fl_fr_få_ge_gj_gr_gå_hj_ho_ik_kv_li_læ_ny_os_ri_sp_så_ud\
        _vo_årag_ageal_aldavebagbedbegbleby_da_dagddedemdesdisdridstedeeftegyelvengensernfraførgadgavgjoglegru\
        gyngårherholhushvaiddideigtik_ikkilbin_intisskalkenkerkvikøblanlbaldrlevlillv_læsmelmigmodnesninns_nte\
        nu_odtogloldop_orgostpe_ra_rerrforn_rteselsinskasseståtidtigtårungunnvadvanve_visyndøbeøreørn_ad_ar_bj\
        _br_bu_bæ_dr_fa_gi_gl_gø_hø_ja_kl_kr_la_le_lø_må_mø_na_ne_nu_nå_of_op_ot_ov_pe_pi_pr_pu_re_sa_sl_sv_sy\
        _ta_tr_ug_æbaffagdalealtammampankansanvarbarnaskav_banbarbe_bejberbjeblablåboebogborbrøbteburbærdandli\
        dnudsedteduedukedredsej_ejdejrel_eleerfergerieråeskestettev_evefarfe_ffefikfinflaflefolfå_fårfølgamgde\
        gedgikglagsmgsågt_gtigørhjehjæhørid_idlidsimeirkis_isnistit_iv_ja_jdejemjerjrejælkafkamkjoklokonkopkos\
        ktekulkyekørladlasld_ldeleglemleslgeliglk_loklpeltilutlå_løbme_mismkrmp_målmåtmørnatndnndrndunejnenner\
        nkonsintonviny_nyenåroduoetoftogsokkolkomkontorfortorvos_ottovepenpigpil
        """),
    LanguageProfile(
      language: .norwegian, steps: [4, 10, 42, 122, 313, 500, 500],
      trigrams: """
        en_er__deet_te__hanne_ende_detne__hv_me_viennllere__sigenom__og_tian_ngeor_år__i_deneg_ingke_og_tte_al\
        _bl_noar_derle_nn_noeste_ga_he_ko_skeneereil_tilvil_er_gj_hu_je_ka_ma_se_so_to_ve_væallanned_es_forgje\
        hanharhvoikkittjenlermanng_oensomtt_vinvorvær_an_av_be_bo_da_fo_fø_in_mo_st_vaav_bliellge_henhviig_inn\
        itejegkkelitmenmermmendenesordra_rderenrt_se_sittenteræreør__at_ba_br_du_el_et_fr_gå_ik_le_li_om_på_un\
        _våaddangareat_barddedu_em_entestettfraførgetgårhadhunilkin_jorkankomleslkemedmornernt_ommorgpå_rgesse\
        så_to_torunnvarvi_vårye__by_bø_di_fi_fl_gr_hj_ig_kj_ku_kv_la_my_må_ny_nå_os_re_ri_sp_så_ut_å__årag_age\
        akealdandantarnbakbegborbrabørda_dagdd_demdigdisdredriegyeldelvendgatgjogrugynherhjehushvaideigeigjilb\
        illindir_issistjeljøpka_kerkjøkk_kriktekulkunkvilanlbaldildrlirlv_megmelmyenetnnonomns_ntenå_oe_oppore\
        ortostovepe_penpp_redresretrfori_rinrteselsinskeskuståtettidtigtintretårullun_undunguttva_vanvedvelver\
        visyenårtåttærtøptørs_ar_bu_bæ_ep_fa_fj_få_gi_gl_go_gu_ho_hø_ja_kl_kr_lø_mi_mø_na_ne_of_op_ov_pe_pr_pu\
        _sa_sl_sn_sv_sy_tr_uk_åtadeaffakkal_am_ammampansanvarbaskataateattavebedbeibesblableblåbodbokbrøburby_\
        byebærdandegdlidt_duedukeddedeedregjei_eidektel_eleelpengenseplerferieseeskevefarfe_ffefikfinfjeflafle\
        folftefårfølga_gamgangavgergikgjøglagodgsåguthagholhørid_idlieriktimeirkis_isniv_ja_jemjerjørkafkalkam\
        kenketkjokkaklokonkopkosktikyeladlaglasldeleklenlevlgeli_liglk_llolltloklomlpeltilutlå_løpme_mismotmpe\
        mtrmå_målmåtmørna_naknatnd_ndrndtnduneininnnåntintonviny_nyenårod_oddodu
        """),
    LanguageProfile(
      language: .finnish, steps: [1, 7, 44, 132, 356, 500, 500],
      trigrams: """
        en__miin__oltä_ta_än__jo_kasi_on_itäle_nen_siaa_ka_lle_ku_seet_ist_pi_tähänikkillisisä_tta_en_hä_ja_me\
        _on_taja_lä_me_oitolesa_sinsta_koaikan_at_ee_inuki_ksikä_li_lläminmitolissassäun__ei_he_la_te_to_vadän\
        ellemmettimmineitaittiväkaakaimenmismmena_oinsenstätaktoittätääulläneää__mu_pa_sa_tu_vi_vo_vuainaisaka\
        akseeteideileneennessidäienikäisejotkkikuikunla_leellameimiemiknoioi_pitsantaitenvoivuoäis_al_et_ha_hy\
        _ih_lä_nä_pe_pu_ti_uuaanaloanoansapsdenes_halheihmihyvieliesihmiititejoijonkakkankinkkakoslaplislloloi\
        mmäneennensänulnunnäioimolloskotkottpi_se_setskataate_tektietkattetäitämua_uinut_uttvaivatviivätäinämä\
        ät_ään_ai_an_as_il_is_ju_ki_kä_le_lu_ma_my_na_ni_no_om_os_ov_pä_so_ylai_aitaljallaluantassastaupdesea_\
        eenei_eikeiseivekäeleelieläeniensesthe_iiniksimeimiiniinäirjissjokjoskahkaukeakeekirkkuko_koiksalailei\
        letljolo_lonlualuklähmutmyömä_mäimännainelni_niinkinnansinssntanutnä_oa_oisomeonkoo_oppos_ostovapalpar\
        pelpiepilppipsepunpuupäisaaseisessiisimstosäätalteiti_tultuntuutyytästäyudeukauksuliunaunuuorupuutauu_\
        uuduuluusuutvievinvä_ytyytäyviyy_ähtäivässätääyt_aa_au_ed_el_em_er_hu_ik_jä_ke_ky_lo_lö_mo_nu_ny_oh_oi\
        _op_ot_pö_ra_su_sy_sä_ty_us_ve_vä_yö_äi_ääaamaapaasaavahaahdahjahtahvailakialkamuanaanhapaapuaraarearh\
        asiasuatuaukautavidekdeldä_edeedäeemeimeipekeekieksempenkenoerieseesietäeureä_gisha_haahashdehemhjahje\
        htehtihtuhuahuohviia_ideiedietii_iikiimikaikeikoikuilailmiloilvinainsioiipaipäiraisoisäitiitkituivaiä_\
        jaajanjeejo_joujunjuujälkatkelkivkokkolkonkseku_kuekukkupkuukyskädkävlah
        """),
    LanguageProfile(
      language: .polish, steps: [0, 5, 29, 98, 324, 500, 500],
      trigrams: """
        dziie_zie_pr_po_na_niniewie_jena_rzeła__miiedprzzy__i__kt_si_ty_widy_rzy_by_dogo_to_wsz_cz_dz_ma_zabył\
        czyedzegoej_eszię_któli_sięszytórym_ze__ko_od_st_w__wsas_ać_ałabiecieiałjeskiele_od_owipowry_stoże__al\
        _ba_ch_dw_ja_ki_mo_on_ta_to_tr_z__żebo_ch_czeecziecieska_mianasoszpiera_trztymwy_yłazysędz_ci_co_gd_in\
        _ju_lu_mu_no_o__pi_rz_teaczająak_aleam_aniawiaz_ał_ci_cz_do_dwiedyem_estez_eć_gdygodia_iejieliećinnją_\
        ko_miemożmy_ni_niaobioś_podrazst_sz_szeuliychytaza_zeczedzegzi_znało_ły__a__bo_bę_dl_dr_go_ic_id_ka_ku\
        _la_my_mę_mł_ok_ra_ul_wa_wo_wy_zeaj_albardastat_ałyba_barbędco_cy_czacznczędladnidobdomdzodzydżaebaebi\
        ecied_ek_erweśleżdgdzgraic_ichidziebiekiemienierietigdiliim_iniiędjakje_jejjeśjeżjutkobkoskt_ktokupkę_\
        latlboleplicludma_majmałmu_musmężmłonicnignnyno_nowny_obrocioduodyodzoi_on_oniowyożepiłpraproracrdzre_\
        ro_rodrwsrócscysiestastkszaszctaktartoitośtroty_udzupiusiutrużywa_wiawidwinwięwodyjeyscystyznyłozaczas\
        zczzebzezziaznizo_zytzyzóraóreóryężcłodłowśliża_żczżdż_an_be_bi_bu_da_dn_du_fi_gr_gó_il_kr_ks_le_me_mn\
        _og_oj_op_or_os_ot_pa_ps_py_pó_ro_se_so_sw_są_sł_tu_uc_uw_wr_zn_ós_żaabiabłaciacęad_adnadzajlajuakaakż\
        aliankanoapiargaryarzaszatkatnatraweawsawyazóańsaż_ażaażdbawbaćbezbinbiubrybrzbutby_bymbyćbłkca_cemces\
        chachcchlchmchociacilciąckocoścycczłcą_cę_da_dardałdczde_djednadnedpodradrudu_dukdużdwadykdzwdą_dł_dło\
        eb_ebyec_eckednedłeleelielkeluemnemyen_enientepiepser_eraesket_etaetyewiezeeń_eśceźćeż_filgrogórgę_hać\
        hcehlehmuhociajiasiatiaćiażicaicąidąidłiewieńieśiktileilkinainyisaisiisz
        """),
    LanguageProfile(
      language: .czech, steps: [0, 3, 28, 124, 268, 500, 500],
      trigrams: """
        _ne_je_poto__a__by_na_se_toje_la_na__mě_pr_přbylstože__kt_st_za_žede_dy_kteli_lo_se__do_kd_ko_mu_ni_ně\
        _ta_v__však_co_do_dí_em_jí_kdynebny_přesi_te_ter_co_dv_ho_js_ná_od_sich_chnho_mělní_od_ou_protě_už__bu\
        _ja_ma_ml_my_má_no_o__on_te_tě_ve_vá_věbo_budby_ci_dnedvědé_děteboechen_ichikdilijakka_kdole_me_mi_muž\
        ni_nikno_novněkojíotoožerotré_rý_tojtomtožtravě_všeylaám_ítrčasšec_al_ch_dn_dě_dů_hr_jd_ji_jí_ka_li_mo\
        _mů_ot_tř_ul_už_vl_vy_ví_z__zí_ča_žáakéalealýas_da_dindobdoudyždý_ebyed_edíejiek_eníeráerées_estet_ež_\
        hnyhodhrahráhu_ic_idéik_il_jejjicjinjsmjsojížkdekolkouky_ké_ladledliclidliklkalý_malmlamu_měsmůžncene_\
        nejnennežnicnámnásný_odioliom_oupověpilpo_podpokprvprápřira_rvnrá_rálsedsemslesmesoustatakti_tímudeuli\
        upivelvnívodvy_vá_vědyloyž_začzítálkáloás_ím_ít_ížděkděl_ělaěstětiře_ředřesři_šilůžeždížen_ab_an_as_až\
        _be_bá_bý_bě_da_de_dr_dá_dí_fu_i__já_k__kn_ká_le_lá_lé_me_mi_mn_mr_mí_ok_os_pa_pe_ps_ro_rá_s__sk_sl_sp\
        _sv_sý_tm_tr_ty_tí_tý_u__vi_vo_vr_vý_vž_zd_ze_zn_zt_zá_če_či_čl_ře_ří_še_šá_žiablabyad_adyadéadýaděahr\
        ajeajíakoakyal_alaaloam_ancaniapiarýasiastasíatiatkatíavoaváačaačnašeaž_aždba_bekbezblkbrýbycbátbýtběh\
        břebříce_celcemcešchcchlchtcožct_cí_cícdaldendjídlednídnýdomdpodrédrždujdvadárdítdě_dějděldůmdůvebaebř\
        ec_edneduedyehoejlejsejteklel_elkelmeláemeemienaenyeněepšerýeteetlev_evíez_eziečíeď_eříeš_eštfungujhce\
        hemhevhléhnihnohorhtoiceiciiděihuijíiloin_inainyinéinýit_ištjabjdejdojehjenjesješji_jlejsejtejá_jícjít\
        kankažkemklakniknoko_konkoškrzku_kudkynkávký_ků_laklejlepletlkelkýlmilov
        """),
    LanguageProfile(
      language: .turkish, steps: [0, 4, 29, 92, 324, 500, 500],
      trigrams: """
        _bien_laryor_bude__kaan_birir__ba_veada_oledein_ni_or__on_yaar_araarıda_enive_ın__ge_ne_sa_so_ço_şeak_\
        ardasıdandi_er_ereki_na_onurdıün__da_he_seamabaşbilbizbu_dendı_eriinikadlerndanderınuyoyle_bü_gü_ha_ki\
        _si_vaadıce_iliim_indiziiçima_ncenlanu_ok_olasi_sizsonsınvarçinındıyoşey_al_ar_be_gö_hi_i__iy_iç_ma_ye\
        _ön_şialıat_azıaşıbenbulcakcukdardu_eceediesiey_gergünherhiçiriiyiiyoiz_izeklale_ne_ocuordra_rasrdusan\
        sentünya_yaryenyi_ze_çocöncük_üzeğinız__ad_am_an_de_do_du_dü_el_en_et_ev_gi_ik_il_is_ko_kü_ok_pa_pe_sö\
        _ta_yo_yı_za_çü_şuaatabaabiacaahaam_anaanganlap_avaazaaşkaşlbahbazbunbütdahdamdiydiğdoğdurdımdındırehi\
        ek_eklel_eleencençerdevieyleğigengörgüzha_hanhirikiileimdisiiyeiç_iğika_karkenkü_küçlacldulinlirliylk_\
        lmamadmanmasmdimekmesncanednerngininnkünransanunnç_nızokuoldoluonaonlonroruoğrradrdardire_redrekrenri_\
        rinrkeruyrı_saasadsöysı_ti_tlattiuk_uklulauluun_ur_uruveyvinye_yokyılzamzelzi_zı_çokçükçünöreöylündünk\
        ürüütüüyoüçüğerğruğu_ık_ıl_ım_ımıınıır_şehşimşkaşlaşıy_as_ay_az_aş_ca_ce_di_dö_ed_ek_es_eğ_fa_fi_hü_id\
        _in_iş_kö_lk_lü_me_mi_mu_mü_mı_na_ni_ns_o__or_ot_oy_ra_rü_su_te_tr_tü_uz_yü_ça_öğ_ül_ür_üs_üz_üç_şaadd\
        adeaftah_ahvahçakaakiaklakıaldalialkaltancandannaplarsarşasaaslatlaviaybaynayıaz_açıağlağmağıaş_aşabab\
        banbasbedbi_bugburbürbüycadcancercevceyceğcildakdağddedecdedderdeğdivdukduyduğdöndündüşdığebiekeekiekm\
        ektelielmem_emeemienlerkes_esketietmettev_evaeyaeydeyneğefakfenfinftagecgelgi_gibgisgitgârgömhafhavhed\
        hemhvehçehükibiideidiiktil_ilkilmimaincinminsirdirliseistitaittiveiylizd
        """),
    LanguageProfile(
      language: .vietnamese, steps: [1, 10, 66, 204, 458, 458, 458],
      trigrams: """
        ng__tr_nh_ch_ng_th_và_khnh_ời__nà_phai_và_ôi__có_tôcó_tôiày_ên_ôngới__gi_là_nóanggườngưào_úngườiất_ều_\
        _cá_củ_ha_mộ_sa_sẽ_tố_vớ_đa_đi_đâ_đãanhau_chúcủahaihúniềumộtnàysẽ_tốtvớiâu_đanđã_ại_ến_ốt_ột_ủa__ba_bạ\
        _gì_họ_lạ_mu_tá_vi_ôn_đó_đư_đế_ấy_ở_ao_bạncáigiờgì_hi_hônhể_họ_hữniếtiờ_khikhôlà_lạinhinhưnhữnàonóiong\
        ronrênrẻ_sauthểtrotrêtrẻua_ái_ói_đó_đếnướcườnạn_ấy_ết_ớc_ững_ai_an_bà_co_câ_do_hơ_mà_mớ_nê_nă_nế_ra_rấ\
        _rằ_sá_ta_từ_vì_về_để_đứbaoch_choconcâudo_gàyhiềho_hà_hànhơnhưnhấtiệclàmmuamớingànhànhấnênnó_nămnếuon_\
        ra_rướrấtrằnta_trưviệvàovì_về_àm_àn_ànhàu_áchángáo_ây_ăm_đi_điềđâuđâyđườđể_ơi_ơn_ưngằngặc_ếu_ệc_ọi_ờng\
        _bi_bu_bá_bê_bắ_bị_bộ_cu_cà_cò_cô_cũ_cử_em_gọ_ho_hà_hã_hỏ_la_lú_lý_lớ_lờ_ma_mi_mì_mấ_mặ_mẹ_mọ_mỗ_nơ_nư\
        _nữ_qu_rư_sơ_sả_số_sổ_sợ_ti_tu_tà_tì_tạ_vă_vư_xa_xi_xả_áo_đà_đú_đầ_đề_đọ_đỡay_ba_biếbuổbà_bànbánbênbắt\
        bị_bộ_chachichíchóchơchịchợcuốcà_cáccòncô_cũncửaem_eo_ghĩgiágiúgôigọigồihanhayheohiêhiếhoảhoặhánhãyhê_\
        hì_hínhònhó_hĩ_hơihư_hảihẩmhế_hị_hỏ_hỏihố_hờihởihợ_hụ_hủ_in_iá_iêuiúpiếnkhokhởlaulúclý_lớnlờimaimi_muố\
        mà_màumì_mấtmặcmẹ_mọimỗinghngôngồnhỏnơinướnữ_oảnoặcphêphòphảphẩphốphụphủquaranrượrả_rờirở_saosácsánsơ_\
        sảnsốnsổ_sợ_thathethàtháthìthếthờtiếtratrảtrờtrởtuầtàutáctámtáotìmtạitừ_từnuầnuốiuốnuổiviếvănvườxanxin\
        xảyác_ám_ánhãy_êu_ìm_ínhòn_òngúc_úp_ăn_đànđúnđượđầuđềuđọcđỡ_đứađứnũngượcượuải_ản_ảngảy_ần_ầu_ẩm_ắt_ọc_\
        ỏi_ối_ốn_ốngồi_ổi_ỗi_ớn_ờn_ởi_ợc_ợu_ứa_ứngừngửa_
        """),
    LanguageProfile(
      language: .indonesian, steps: [1, 14, 60, 179, 305, 500, 500],
      trigrams: """
        an__meang_be_seng_ber_da_di_keah_akaapakan_ba_ka_peda_di_ka_ya__anadadannganyaper_saak_alaat_elaeremem\
        pa__ha_in_te_tianaembin_menra__ap_la_ma_pa_ta_yaaraataenginimerni_ranta_un_yan_ak_duainanyayabeldiaeka\
        ertgania_kamna_rekri_saysebtahuk__ad_at_bi_de_ja_kiahuai_aikamaar_arubaibandakdeneraerjgi_haridaik_ika\
        inglahlailamlanma_mannaknggorapadpi_rjartatertidtu_ua_wa__ko_siagiahwal_am_amiamuantapiariawabahbesbis\
        daldapduadukekeelieluempemuenaerdersetaetiga_gathunhwaih_ir_isajalkerkirkitlummbambemi_mpundantantuok_\
        patru_sa_santaktanudaum_ut__gu_it_ji_le_or_pr_pu_ru_su_unaanacaadiagaandannap_areas_asaau_bagbarbihca_\
        cardahdardeldirdudebaebeebiebuecaemeendeneeorerberiermernesogaigarggaggugingunhaliapilairairiitaituja_\
        jadjikju_karkatke_kebkemketkotkutlaglaklaplebli_mahmaimakmelmu_mudnahngingknnynunotapanpuapunrbardirem\
        renrmarnarumrussarsecsedselsemseosetsihsoksudtaptartastauteltetti_tiktukuanuduukuumaunguntunuus_yak_ai\
        _al_aw_bu_cu_ge_ib_je_ju_mi_mu_na_ne_ol_ro_waaatabaaimairajuakhakiaktakualialuanjanpapeargasiba_bacbaj\
        balbawbekbenbicbirbotbu_bukbunbutcancilcuadikdimeboeciedaediegaeh_ehiejaejuel_eleeloemaenjentenuepaepe\
        epoergerpesaeseetegalgapgelgkagkigu_gurhanhathilhirhkahu_ianibaibuicaigaihaihkikiikuil_imaimuintinyiru\
        is_iswit_jaajamjawjenjinjugkahkaikapkeckehkejkelkepkhiki_kopktuku_kulla_lallaslehleplihlinlislomluimal\
        masmbimejminmpomuamukmulmunnamnarndenegnelnemnjanjinpantonuloduol_oleompon_opior_otiotopagparpaspekpel\
        pempenpokponpripropukradrakraprderetrgargiriarikrinrodrotrpersarsersirti
        """),
  ]

  static let cyrillic: [LanguageProfile] = [
    LanguageProfile(
      language: .russian, steps: [0, 8, 38, 117, 258, 500, 500],
      trigrams: """
        то__по_на_бы_этли_на_ой__и__чтчто_в__ко_мо_не_онбылет_но_это_пргдада_же_каккойне_ть__до_ка_ни_но_тоако\
        ит_когогдом__го_ес_за_ск_ст_та_те_я_ам_ас_го_егоинаих_ла_никольороочепрись_ти_тра_бо_ва_ве_во_де_же_кт\
        _мн_мы_об_от_ра_се_сл_со_хо_ча_чеалабы_годгорде_детдитдо_ез_еньестикоилиитектолучможмы_ни_нь_ов_огоод_\
        одиожеон_ониочьра_стотакте_томчасченчинчь_ый__бу_ви_вс_гд_дв_ег_ещ_из_ил_их_ку_ле_лу_ме_му_оч_с__са_св\
        _си_ты_у__ужабоавиавтазаак_акаатьашкая_болботбя_васветво_воевойвсевтргдегу_делдомду_ебяей_елием_енщере\
        ернеслесьетиещёженжножчиза_завиз_ил_иныицека_казко_конкупло_лькльшмномоемочму_мужнаднамнетновнщины_ня_\
        об_овоодыое_оитолоонаорыот_отопилпо_погпотпрарабраврезродромрошсвосегскаслеслисо_ствсться_твотебтовтои\
        толторты_ужеужчупиучшходхорце_чалчерчшещинщё_ылаылиылоькоэти_а__бе_вр_вы_да_дл_др_ду_её_жи_зд_зн_иг_ид\
        _им_к__кн_кр_ли_лю_ма_о__од_ок_ру_ры_сы_тё_ул_ут_уч_хл_чи_ябад_адоадуаетажеаз_айтакжакиалиалоамоанеапи\
        ар_асаасоасьачааю_аютбакбашбе_безблаблобо_боябудбутбытва_вамварве_веквервесвидвилвинвитвозвонвопворвос\
        вревы_выйговгойградаждвадведендесди_диндляднядолдрудумдутдуюды_дыееб_ебеегдедеедуее_еждездейчек_елоель\
        емуемьемяениеняеряетоетрешьеё_ждужемжетжилзалзатзвозд_здезназь_ибоигригуидеидиидуие_ий_икаильим_имеин_\
        инеинситаитьихоичеичиишийнайтийчакаяквоке_кжеки_киекникноковколкоткофкроку_лакласле_лебледлеслетлжнлиб\
        лицлкуловлодлокломлослышльнльслюдля_ма_матмаюме_межменмермнамнемогмолмь_мя_найнапнасначнаюнаянеднейниг\
        нитницничногнойнокночнстнтонцаныйнётобаоблобыоваовеовыогуодеодноезоейоет
        """),
    LanguageProfile(
      language: .ukrainian, steps: [0, 4, 34, 105, 245, 500, 500],
      trigrams: """
        ти__бу_нана__віли__за_по_прть__що_як_і_що__до_мо_не_та_цебулий_ні_ого_во_нідинже_колне_одиолися_то_це_\
        _в__ко_кр_ми_ти_хт_я_ам_ас_вонвідгодка_ки_ла_можни_олоосьпрись_трахтоще_ій__ва_го_де_ду_ді_мі_пі_си_ск\
        _то_у__чоалаатиає_бо_будвтрвіквінго_де_ди_до_ез_завив_инікийкраку_ми_ня_овиовіою_поври_стотакулиці_ік_\
        ільін_іст_аб_ал_ба_бо_ве_вж_ви_дв_жі_з__зн_зі_йо_ку_лю_ме_но_ро_св_со_ст_те_тр_ті_ча_че_ще_є__із_їхабо\
        авиавтаз_азаакоалеапиащебе_буввасвжеви_вийвинві_війвітгтидвідитдобдуждітебеей_емаережінза_затзназі_или\
        инаиниисяитаитьих_йогказкоюкрікупкщоле_ло_ловльклюдля_маєменмогму_міснайнамнаснемно_новнікнічоброгтодн\
        ожеомуонаониорипивпляпогпрапрора_разращрезрибро_ската_тості_ужеулаулоупиутиця_черчолькиюдиякаякщів_ід_\
        із_ікоім_інкітиітьїм__а__б__бе_би_бі_вр_вт_ву_гр_дл_др_ж__жи_жо_й__йд_ка_кн_кі_ма_мн_о__од_оф_пл_ра_ри\
        _рі_са_се_сь_ту_ур_ус_уч_хл_хм_хо_ци_ць_ця_ці_чи_чу_яб_ін_їм_їїабиавжавіагаад_адуайкайтак_акиалианнанц\
        аплар_араариастасяатеатоацюачиашкаю_аютаїнба_багбакбачбезби_бинблиблуботбоябребрибутбі_білвамварваєвел\
        вервесвждвилворвосвоївравулгатговгорградейдендлядноднідопдподраду_думдутдходь_ді_дімебаелеелиемнемоен_\
        енееньеніернесьетьефоеш_ею_ждижемжилжкужнажняжоджу_залзапзарзд_знозь_иблибуидиижкижнизникиильим_ин_ине\
        инкиноир_итиицеичиишіиє_йдуйкрйнайтейтикавкникнокожкошкі_ківкілкінласлефлизликлислицлодломлослукльнльш\
        лялляшлібмарматмаюмиємнамномо_молміжмійнавнаднапнаюненнетнижнихнканкинкуннянокноюноїнуйнцянціншінь_нів\
        нійоб_обаобообіов_оваовеовоодіож_ожножуок_окиокіом_омоонуопоороосяотуофі
        """),
  ]
}
